import {existsSync} from 'node:fs';
import {dirname, isAbsolute, join} from 'node:path';
import {ATTESTATION_KEY_FILES} from '../../admin/attestation-key.ts';
import {IPC_REGISTER_FILES} from '../../admin/ipc-register.ts';
import type {Settings} from '../../config/settings.ts';
import {parsePkcs11Uri, type Pkcs11Uri} from '../../encoding/pkcs11-uri.ts';
import {NODE_ID_FILE} from '../../node-id.ts';
import type {ConfinementOptions} from './confinement.ts';

/**
 * What the key process must reach outside the program: the files that roots of trust name, others' key modules, its own sealed files.
 * The settings alone say so: who can write to the database could list a root of any file, or one in a token, for which the process would be given
 * the network and native code.
 */
export function keyPlaces({
  rootWrapper,
  otherRootWrappers,
  keyModules,
  dataDir,
  pkcs11,
}: Settings): ConfinementOptions {
  const roots = [rootWrapper, ...otherRootWrappers];
  const files = roots.flatMap(fileOf);
  const modules = keyModules.flatMap(({specifier}) =>
    specifier !== undefined && isAbsolute(specifier) ? [dirname(specifier)] : [],
  );
  const own = [...ATTESTATION_KEY_FILES, ...IPC_REGISTER_FILES].map((name) => join(dataDir, name));
  const tokens = roots.flatMap(tokenOf);
  const usesTokens = tokens.length > 0 || keyModules.some(({name}) => name === 'pkcs11');
  const tokenFiles = tokens.flatMap(({modulePath, pinSource}) => [modulePath, pinSource]);
  const secrets = [pkcs11.library, pkcs11.pinFile, ...tokenFiles].filter((path) => path !== undefined);
  // What is remembered of PINs that were refused.
  const tokenState = usesTokens ? [`${join(dataDir, 'pkcs11')}*`] : [];
  return {
    readable: [
      ...new Set([
        ...files,
        ...modules,
        ...own,
        join(dataDir, NODE_ID_FILE),
        ...(usesTokens ? secrets : []),
        ...tokenState,
      ]),
    ],
    writable: [...own, ...tokenState],
    outside: usesTokens || keyModules.some(({specifier}) => specifier !== undefined),
  };
}

/** Besides, for a process that makes the first root key file, and nothing else. undefined where there is none to be made. */
export function seedingPlaces(
  settings: Settings,
  stored: readonly unknown[],
): ConfinementOptions | undefined {
  const [path] = settings.rootWrapper.startsWith('file:') ? fileOf(settings.rootWrapper) : [];
  if (path === undefined || stored.length > 0) return undefined;
  const {readable, writable, outside} = keyPlaces(settings);
  const directory = dirname(path);
  const missing = missingDirectories(directory);
  const existing = dirname(missing[0] ?? path);
  return {
    readable: [...outsideOf(existing, readable), existing],
    writable: [...outsideOf(directory, writable), missing[0] === undefined ? directory : `${missing[0]}*`],
    outside,
  };
}

/** Node's lists go wrong where a directory and what lies below it are both named. */
const outsideOf = (directory: string, paths: readonly string[]): readonly string[] =>
  paths.filter((path) => !path.startsWith(directory.endsWith('/') ? directory : `${directory}/`));

/** The outermost first. */
function missingDirectories(directory: string): readonly string[] {
  if (existsSync(directory) || dirname(directory) === directory) return [];
  return [...missingDirectories(dirname(directory)), directory];
}

function tokenOf(uri: string): readonly Pkcs11Uri[] {
  return uri.startsWith('pkcs11:') ? [parsePkcs11Uri(uri)] : [];
}

function fileOf(uri: string): readonly string[] {
  const [, path] = /^(?:file:|passphrase:file=)(.*)$/s.exec(uri) ?? [];
  return path === undefined ? [] : [path];
}
