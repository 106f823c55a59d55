import {open} from 'node:fs/promises';
import {collect} from './collect.ts';
import {fileError} from './file-failure.ts';

/** What is read whole: keys, certificates, capabilities, policies. */
export const MAX_SMALL_FILE_BYTES = 1024 * 1024;

/** @param name what messages call it. @returns bytes of its own, which may be overwritten. @throws ClientError */
export async function readSmallFile(
  path: string,
  name: string,
  maxBytes = MAX_SMALL_FILE_BYTES,
): Promise<Buffer> {
  const file = await open(path, 'r').catch((error: unknown) => {
    throw fileError(`${name} ${path}`, error);
  });
  try {
    return await collect(file.createReadStream({autoClose: false}) as AsyncIterable<Uint8Array>, {
      maxBytes,
      name: `${name} ${path}`,
    });
  } catch (error) {
    throw fileError(`${name} ${path}`, error);
  } finally {
    await file.close();
  }
}
