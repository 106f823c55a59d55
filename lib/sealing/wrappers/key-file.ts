import {randomBytes} from 'node:crypto';
import {constants} from 'node:fs';
import {link, lstat, mkdir, open, stat, unlink} from 'node:fs/promises';
import {dirname} from 'node:path';
import {errorCode} from '../../error-code.ts';
import {RootOfTrustError} from '../root-of-trust-error.ts';
import {withSecret} from '../secrets.ts';
import {fileAccessError, keyFileProblem, ROOT_KEY_FILE} from './key-file-problem.ts';
import {decodeKeyLine, encodeKeyLine, MAX_LINE_BYTES} from './key-line.ts';

/** Reads a root key file: one line, in a private file. @returns 32 bytes, which the caller overwrites. @throws RootOfTrustError */
export async function readKeyFile(path: string): Promise<Uint8Array> {
  const line = await readPrivateFile(path, {name: ROOT_KEY_FILE, maxBytes: MAX_LINE_BYTES + 1});
  const key = await withSecret(line, decodeKeyLine);
  if (!key) throw malformed(path);
  return key;
}

/**
 * Reads a private file: a regular one on a disk, owned by this process's user or root, closed to everybody else. What is checked
 * is the file that was opened. A symbolic link to it must be owned likewise.
 * @param name what messages call it.
 * @returns its first `maxBytes` bytes, which the caller overwrites. @throws RootOfTrustError
 */
export async function readPrivateFile(
  path: string,
  {name, maxBytes}: {readonly name: string; readonly maxBytes: number},
): Promise<Uint8Array> {
  // Without O_NONBLOCK, opening a FIFO would wait for a writer.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY).catch(
    (error: unknown) => {
      throw fileAccessError(path, error, {name});
    },
  );
  const buffer = Buffer.alloc(maxBytes);
  try {
    const stats = {opened: await file.stat(), named: await lstat(path)};
    const problem = keyFileProblem(path, stats, process.geteuid?.(), name);
    if (problem) throw problem;
    const length = await readUpTo(file, buffer);
    // Of /proc and its like: private to the process, and what they hold is known to everybody.
    if (length > stats.opened.size)
      throw new RootOfTrustError(
        'not-a-file',
        `${name} ${path} holds more than its size says. Name a file on a disk.`,
      );
    return Uint8Array.from(buffer.subarray(0, length));
  } catch (error) {
    throw error instanceof RootOfTrustError ? error : fileAccessError(path, error, {name});
  } finally {
    buffer.fill(0);
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
    const firstMade = await makeDirectories(directory);
    await publishFile(path, line);
    await syncDirectories(directory, firstMade);
  } catch (error) {
    throw fileAccessError(path, error, {otherwise: 'unwritable'});
  } finally {
    line.fill(0);
  }
}

/**
 * As `mkdir` with `recursive`, which never ends where a file system takes no new names, such as that of /proc.
 * @returns the first that was made
 */
async function makeDirectories(directory: string): Promise<string | undefined> {
  const make = async (): Promise<string | undefined> => {
    try {
      await mkdir(directory, {mode: 0o700});
      return directory;
    } catch (error) {
      if (errorCode(error) === 'EEXIST' && (await stat(directory)).isDirectory()) return undefined;
      throw error;
    }
  };
  try {
    return await make();
  } catch (error) {
    if (errorCode(error) !== 'ENOENT' || dirname(directory) === directory) throw error;
  }
  const firstMade = await makeDirectories(dirname(directory));
  const made = await make();
  return firstMade ?? made;
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
    `The root key file ${path} does not hold a root key: one line, 32 bytes as unpadded base64url. ` +
      'Restore it from your backup.',
  );
}
