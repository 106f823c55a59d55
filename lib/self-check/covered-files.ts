import {lstat, readdir, realpath, stat} from 'node:fs/promises';
import {isAbsolute, join, resolve} from 'node:path';
import {errorCode} from '../error-code.ts';
import type {Turns} from '../turns.ts';
import {BUILT_MANIFEST} from './installation.ts';

/**
 * Lists the files of what a manifest covers, in whatever order. Of links it lists what they point to, by the name of the link.
 * @param covers as a manifest has them @yields paths as manifests have them
 */
export async function* coveredFiles(
  covers: readonly string[],
  {root, turns}: {readonly root: string; readonly turns: Turns},
): AsyncGenerator<string> {
  for (const path of covers) {
    const kind = await kindOf(resolve(root, path));
    if (kind === 'directory') yield* filesBelow(path, {root, turns, above: []});
    else if (kind === 'other') yield path;
  }
}

async function* filesBelow(
  path: string,
  {root, turns, above}: {readonly root: string; readonly turns: Turns; readonly above: readonly string[]},
): AsyncGenerator<string> {
  const directory = isAbsolute(path) ? path : join(root, path);
  const real = await realpath(directory);
  // A link to a directory that it is in.
  if (above.includes(real)) return;
  for (const entry of await readdir(directory, {withFileTypes: true})) {
    await turns.next();
    const name = `${path}/${entry.name}`;
    if (name === BUILT_MANIFEST) continue;
    const isDirectory =
      entry.isDirectory() ||
      (entry.isSymbolicLink() && (await kindOf(join(directory, entry.name))) === 'directory');
    if (isDirectory) yield* filesBelow(name, {root, turns, above: [...above, real]});
    else yield name;
  }
}

/** A link that points to nothing is of another kind, too: whatever it will point to would be loaded. */
async function kindOf(path: string): Promise<'directory' | 'other' | undefined> {
  try {
    return (await stat(path)).isDirectory() ? 'directory' : 'other';
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOTDIR') return undefined;
    return code === 'ENOENT' && !(await isLink(path)) ? undefined : 'other';
  }
}

async function isLink(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
