import {randomBytes} from 'node:crypto';
import {constants} from 'node:fs';
import {link, lstat, mkdir, open, unlink} from 'node:fs/promises';
import {dirname} from 'node:path';
import {RootOfTrustError} from '../root-of-trust-error.ts';
import {fileAccessError, keyFileProblem} from './key-file-problem.ts';
import {decodeKeyLine, encodeKeyLine, MAX_LINE_BYTES} from './key-line.ts';

/**
 * Reads a root key file: a regular file of one line, owned by this process's user or root, closed to everybody else.
 * What is checked is the file that was opened. A symbolic link to it must be owned likewise.
 * @returns the 32 bytes, which the caller overwrites. @throws RootOfTrustError
 */
export async function readKeyFile(path: string): Promise<Uint8Array> {
  // Without O_NONBLOCK, opening a FIFO would wait for a writer.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY).catch(
    (error: unknown) => {
      throw fileAccessError(path, error);
    },
  );
  const line = Buffer.alloc(MAX_LINE_BYTES + 1);
  try {
    const problem = keyFileProblem(
      path,
      {opened: await file.stat(), named: await lstat(path)},
      process.geteuid?.(),
    );
    if (problem) throw problem;
    const length = await readUpTo(file, line);
    const key = decodeKeyLine(line.subarray(0, length));
    if (!key) throw malformed(path);
    return key;
  } catch (error) {
    throw error instanceof RootOfTrustError ? error : fileAccessError(path, error);
  } finally {
    line.fill(0);
    await file.close();
  }
}

/**
 * Makes a root key file, mode 0600, and its directory, mode 0700, where that does not exist. The whole file appears at
 * once under its name, or not at all, and is on disk when this resolves.
 * @throws RootOfTrustError, `exists` where there is something by that name, which is left as it is
 */
export async function createKeyFile(path: string, key: Uint8Array): Promise<void> {
  const directory = dirname(path);
  const line = encodeKeyLine(key);
  try {
    const firstMade = await mkdir(directory, {recursive: true, mode: 0o700});
    await publishFile(path, line);
    await syncDirectories(directory, firstMade);
  } catch (error) {
    throw fileAccessError(path, error, 'unwritable');
  } finally {
    line.fill(0);
  }
}

/** Writes a draft, then gives it its name: unlike a rename, a link never replaces what is there. */
async function publishFile(path: string, bytes: Uint8Array): Promise<void> {
  const draft = `${path}.${randomBytes(8).toString('hex')}.draft`;
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
    await link(draft, path);
  } finally {
    await file.close();
    await unlink(draft);
  }
}

/** A new name is durable once the directory that holds it is: `directory`, and the parents of those that were made. */
async function syncDirectories(directory: string, firstMade: string | undefined): Promise<void> {
  const last = firstMade === undefined ? directory : dirname(firstMade);
  for (let path = directory; ; path = dirname(path)) {
    const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
    await handle.sync().finally(() => handle.close());
    if (path === last) return;
  }
}

async function readUpTo(
  file: {read: (buffer: Buffer, offset: number) => Promise<{bytesRead: number}>},
  buffer: Buffer,
): Promise<number> {
  let length = 0;
  while (length < buffer.length) {
    const {bytesRead} = await file.read(buffer, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return length;
}

function malformed(path: string): RootOfTrustError {
  return new RootOfTrustError(
    'malformed',
    `The root key file ${path} (WEBKMS_ROOT_WRAPPER) does not hold a root key: one line, 32 bytes as unpadded base64url. ` +
      'Restore it from your backup.',
  );
}
