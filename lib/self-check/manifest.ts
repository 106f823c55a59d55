import {createHash} from 'node:crypto';
import {canonicalJson} from '../encoding/canonical-json.ts';
import {parseStrictJson} from '../encoding/strict-json.ts';

const MANIFEST_FORMAT = 'webkms-manifest-v1';
/** Of an installation with all that it needs, one has some 10,000 lines of 100 bytes. */
export const MAX_MANIFEST_BYTES = 64 * 1024 * 1024;
const MAX_DEPTH = 3;
const SHA256 = /^[A-Za-z0-9_-]{43}$/;

/**
 * What a program consists of. Paths are relative to the package, with `/`; those of what is outside of it are absolute.
 */
export interface Manifest {
  /** Of the package. */
  readonly version: string;
  /** Files and directories: in them is nothing but `files`. What is not there at all must not come. */
  readonly covers: readonly string[];
  /** Path → SHA-256 of the content, as unpadded base64url. */
  readonly files: ReadonlyMap<string, string>;
}

/** A manifest that was read, with its digest. */
export interface ReadManifest extends Manifest {
  readonly digest: string;
}

/** A manifest that cannot be used. The message is for the operator. */
export class ManifestError extends Error {
  override readonly name = 'ManifestError';
  readonly code = 'ERR_MANIFEST';
}

/**
 * Names all that a manifest says, and so the program.
 * @returns SHA-256, as unpadded base64url, of the JSON of `{covers, files, format, version}` without white space, with the members of each
 *   object in the order of their names' UTF-16 units
 */
export function manifestDigest(manifest: Manifest): string {
  return createHash('sha256')
    .update(canonicalJson(content(manifest)))
    .digest('base64url');
}

/** @returns the JSON of a manifest, a line for each file, with its digest. */
export function formatManifest(manifest: Manifest): string {
  const digest = manifestDigest(manifest);
  return `${JSON.stringify({...content(manifest), digest}, undefined, 1)}\n`;
}

/** @throws ManifestError also where it is not what its digest was made of */
export function parseManifest(bytes: Uint8Array): ReadManifest {
  let value: unknown;
  try {
    value = parseStrictJson(bytes, {maxDepth: MAX_DEPTH});
  } catch (cause) {
    throw new ManifestError('It is no manifest: it is not strict JSON.', {cause});
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed();
  const {format, version, covers, files, digest, ...others} = value as Record<string, unknown>;
  if (format !== MANIFEST_FORMAT)
    throw new ManifestError(`It is no manifest of the format ${MANIFEST_FORMAT}.`);
  if (Object.keys(others).length > 0 || typeof version !== 'string' || typeof digest !== 'string')
    throw malformed();
  if (!Array.isArray(covers) || !covers.every(isPath)) throw malformed();
  if (typeof files !== 'object' || files === null || Array.isArray(files)) throw malformed();
  const manifest = {version, covers, files: new Map(Object.entries(files).map(readFile))};
  if (manifestDigest(manifest) !== digest)
    throw new ManifestError('The manifest was changed: its digest is another.');
  return {...manifest, digest};
}

function content({version, covers, files}: Manifest): object {
  const sorted = [...files].sort(([a], [b]) => (a < b ? -1 : 1));
  return {format: MANIFEST_FORMAT, version, covers: [...covers].sort(), files: Object.fromEntries(sorted)};
}

function readFile([path, hash]: [string, unknown]): [string, string] {
  if (!isPath(path) || typeof hash !== 'string' || !SHA256.test(hash)) throw malformed();
  return [path, hash];
}

/** One spelling for each. */
function isPath(path: unknown): path is string {
  if (typeof path !== 'string' || path.includes('\0')) return false;
  const steps = (path.startsWith('/') ? path.slice(1) : path).split('/');
  return steps.every((step) => !['', '.', '..'].includes(step));
}

function malformed(): ManifestError {
  return new ManifestError('It is no manifest: something in it is not as it should be.');
}
