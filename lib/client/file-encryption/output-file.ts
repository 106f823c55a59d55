import {randomBytes} from 'node:crypto';
import {type FileHandle, link, open, rename, unlink} from 'node:fs/promises';
import {basename, dirname, join} from 'node:path';
import {errorCode} from '../../error-code.ts';

/** Fewer, larger writes. */
const BATCH_BYTES = 256 * 1024;

/** There is a file of that name, which is not overwritten. */
export class OutputExistsError extends Error {
  override readonly name = 'OutputExistsError';
  readonly code = 'ERR_OUTPUT_EXISTS';

  constructor(path: string) {
    super(`There is a file ${path}; it is not overwritten unless you say so.`);
  }
}

export interface OutputFileOptions {
  /** Whether a file that is there is replaced; default: not. */
  readonly overwrite?: boolean;
  /** Permissions; default: 0600. */
  readonly mode?: number;
}

/**
 * Writes all of `pieces` to a file that appears at `path` whole, durable, or not at all: where `pieces` throws, or writing
 * fails, or `signal` is aborted, nothing is left.
 * @throws OutputExistsError; what `pieces` throws; what the file system does.
 */
export async function writeOutputFile(
  path: string,
  pieces: AsyncIterable<Uint8Array>,
  {overwrite = false, mode = 0o600, signal}: OutputFileOptions & {readonly signal?: AbortSignal} = {},
): Promise<void> {
  // In the same directory: only there can it be given its name in one step.
  const draft = join(
    dirname(path),
    `.${basename(path).slice(0, 200)}.${randomBytes(6).toString('hex')}.part`,
  );
  const file = await open(draft, 'wx', mode);
  try {
    try {
      await writeAll(file, pieces, signal);
      await file.sync();
    } finally {
      await file.close();
    }
    if (overwrite) await rename(draft, path);
    else await nameNew(draft, path);
  } catch (error) {
    await unlink(draft).catch(() => undefined);
    throw error;
  }
  await syncDirectory(dirname(path));
}

async function writeAll(
  file: FileHandle,
  pieces: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<void> {
  let [batch, bytes]: [Uint8Array[], number] = [[], 0];
  for await (const piece of pieces) {
    signal?.throwIfAborted();
    batch.push(piece);
    bytes += piece.length;
    if (bytes < BATCH_BYTES) continue;
    await writeBatch(file, batch);
    [batch, bytes] = [[], 0];
  }
  signal?.throwIfAborted();
  await writeBatch(file, batch);
}

async function writeBatch(file: FileHandle, batch: readonly Uint8Array[]): Promise<void> {
  let left = batch.filter(({length}) => length > 0);
  while (left.length > 0) left = after(left, (await file.writev(left)).bytesWritten);
}

/** What was not written. */
function after(batch: readonly Uint8Array[], written: number): Uint8Array[] {
  let skip = written;
  return batch.flatMap((piece) => {
    const rest = piece.subarray(Math.min(skip, piece.length));
    skip -= piece.length - rest.length;
    return rest.length > 0 ? [rest] : [];
  });
}

/** A hard link, unlike a renaming, takes no other file's name. */
async function nameNew(draft: string, path: string): Promise<void> {
  try {
    await link(draft, path);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') throw new OutputExistsError(path);
    throw error;
  }
  await unlink(draft);
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
