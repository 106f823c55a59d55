import {RootOfTrustError} from '../../../sealing/root-of-trust-error.ts';
import {readPrivateFile as readFileOfOwner} from '../../../sealing/wrappers/key-file.ts';
import {ClientError} from '../client-error.ts';

/**
 * Reads a file that only its owner, this user or root, may read or write.
 * @param name what messages call it, e.g. `The profile`.
 * @returns bytes, which the caller overwrites where they are secret; undefined where there is no such file.
 * @throws ClientError
 */
export async function readPrivateFile(
  path: string,
  {name, maxBytes}: {readonly name: string; readonly maxBytes: number},
): Promise<Uint8Array | undefined> {
  let bytes: Uint8Array;
  try {
    bytes = await readFileOfOwner(path, {name, maxBytes: maxBytes + 1});
  } catch (error) {
    if (!(error instanceof RootOfTrustError)) throw error;
    if (error.reason === 'missing') return undefined;
    throw new ClientError('refused', error.message, {cause: error});
  }
  if (bytes.length <= maxBytes) return bytes;
  bytes.fill(0);
  throw new ClientError('failed', `${name} ${path} is too long to be one.`);
}
