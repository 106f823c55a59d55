import {existsSync} from 'node:fs';
import {dirname, isAbsolute} from 'node:path';
import type {Settings} from '../../config/settings.ts';
import type {RootWrapperRecord} from '../../storage/key-hierarchy-store.ts';
import type {ConfinementOptions} from './confinement.ts';

/** What the key process must reach outside the program: the files that roots of trust name, and others' key modules. */
export function keyPlaces(
  {rootWrapper, keyModules}: Settings,
  stored: readonly Pick<RootWrapperRecord, 'uri'>[],
): ConfinementOptions {
  const files = [rootWrapper, ...stored.map(({uri}) => uri)].flatMap(fileOf);
  const modules = keyModules.flatMap(({specifier}) =>
    specifier !== undefined && isAbsolute(specifier) ? [dirname(specifier)] : [],
  );
  return {
    readable: [...new Set([...files, ...modules])],
    writable: [],
    addons: keyModules.some(({name, specifier}) => name === 'pkcs11' || specifier !== undefined),
  };
}

/** Besides, for a process that makes the first root key file, and nothing else. undefined where there is none to be made. */
export function seedingPlaces(
  settings: Settings,
  stored: readonly unknown[],
): ConfinementOptions | undefined {
  const [path] = settings.rootWrapper.startsWith('file:') ? fileOf(settings.rootWrapper) : [];
  if (path === undefined || stored.length > 0) return undefined;
  const {readable, addons} = keyPlaces(settings, []);
  const directory = dirname(path);
  const missing = missingDirectories(directory);
  const existing = dirname(missing[0] ?? path);
  return {
    readable: [...readable.filter((file) => file !== path), existing],
    writable: [missing[0] === undefined ? directory : `${missing[0]}*`],
    addons,
  };
}

/** The outermost first. */
function missingDirectories(directory: string): readonly string[] {
  if (existsSync(directory) || dirname(directory) === directory) return [];
  return [...missingDirectories(dirname(directory)), directory];
}

function fileOf(uri: string): readonly string[] {
  const [, path] = /^(?:file:|passphrase:file=)(.*)$/s.exec(uri) ?? [];
  return path === undefined ? [] : [path];
}
