import {open} from 'node:fs/promises';
import {errorCode} from '../error-code.ts';
import {ManifestError, MAX_MANIFEST_BYTES, parseManifest, type ReadManifest} from './manifest.ts';

/** @returns undefined where there is no such file. @throws ManifestError */
export async function readManifest(path: string): Promise<ReadManifest | undefined> {
  let bytes;
  try {
    await using file = await open(path);
    const {size} = await file.stat();
    if (size > MAX_MANIFEST_BYTES) throw new ManifestError(`The manifest ${path} is too long.`);
    bytes = await file.readFile();
  } catch (cause) {
    if (cause instanceof ManifestError) throw cause;
    const code = errorCode(cause) ?? 'error';
    if (code === 'ENOENT') return undefined;
    throw new ManifestError(`The manifest ${path} cannot be read (${code}).`, {cause});
  }
  try {
    return parseManifest(bytes);
  } catch (cause) {
    throw cause instanceof ManifestError ? new ManifestError(`${path}: ${cause.message}`, {cause}) : cause;
  }
}
