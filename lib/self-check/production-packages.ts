import {readFile, realpath, stat} from 'node:fs/promises';
import {basename, dirname, join} from 'node:path';

/**
 * Where the packages are that a package needs when it runs, and those that they need: and also each place where Node would look for
 * one of them before it looks there.
 * @param root absolute: the package's directory @returns absolute paths
 */
export async function productionPackages(root: string): Promise<readonly string[]> {
  const places = new Set<string>();
  const seen = new Set([root]);
  for (const directory of seen) {
    for (const name of await neededPackages(directory, {peers: directory !== root})) {
      for (const place of placesOf(name, directory)) {
        places.add(place);
        if (!(await isPackage(place))) continue;
        // From where a link points to, Node looks for what that needs.
        seen.add(await realpath(place));
        break;
      }
    }
  }
  return [...places];
}

/** Also of those that need not be there. @param peers whether those count that the package wants beside it. @returns names */
async function neededPackages(
  directory: string,
  {peers}: {readonly peers: boolean},
): Promise<ReadonlySet<string>> {
  const text = await readFile(join(directory, 'package.json'), 'utf8');
  const {dependencies, optionalDependencies, peerDependencies} = JSON.parse(text) as Readonly<
    Record<string, object | undefined>
  >;
  const groups = [dependencies, optionalDependencies, ...(peers ? [peerDependencies] : [])];
  return new Set(groups.flatMap((group) => Object.keys(group ?? {})));
}

/** In the order in which Node looks. */
function* placesOf(name: string, from: string): Generator<string> {
  for (let directory = from; ; directory = dirname(directory)) {
    if (basename(directory) !== 'node_modules') yield join(directory, 'node_modules', name);
    if (directory === dirname(directory)) return;
  }
}

async function isPackage(path: string): Promise<boolean> {
  return stat(join(path, 'package.json')).then(
    (stats) => stats.isFile(),
    () => false,
  );
}
