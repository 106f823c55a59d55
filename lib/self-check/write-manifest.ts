import {writeFile} from 'node:fs/promises';
import {errorCode} from '../error-code.ts';
import {formatManifest, manifestDigest, ManifestError, type Manifest} from './manifest.ts';

/** @param replace whether what lies there may go @returns the manifest's digest. @throws ManifestError */
export async function writeManifest(
  path: string,
  manifest: Manifest,
  {replace = false}: {readonly replace?: boolean} = {},
): Promise<string> {
  try {
    await writeFile(path, formatManifest(manifest), {flag: replace ? 'w' : 'wx', mode: 0o644, flush: true});
  } catch (cause) {
    const code = errorCode(cause) ?? 'error';
    const message =
      code === 'EEXIST'
        ? `There is something at ${path} already: remove it first, or choose another name.`
        : `The manifest ${path} cannot be written (${code}).`;
    throw new ManifestError(message, {cause});
  }
  return manifestDigest(manifest);
}
