import {open, rm} from 'node:fs/promises';
import {dirname, resolve} from 'node:path';
import {UnavailableError} from '../../errors.ts';

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Makes a new file at `path`, for its owner only, has `write` fill it, and sees to it that it is on the disk. Nothing is
 * left there where that fails.
 * @throws UnavailableError, also where there is a file already: that one stays as it is.
 */
export async function writeCopy(path: string, write: (file: string) => Promise<void>): Promise<void> {
  const file = resolve(path);
  try {
    // The driver writes to the trimmed name, which would be another file.
    if (file.trim() !== file) throw new Error(`The name of ${file} ends with white space.`);
    await (await open(file, 'wx', 0o600)).close();
    try {
      await write(file);
      await sync(file);
      await sync(dirname(file));
    } catch (error) {
      for (const suffix of ['', '-journal', '-wal', '-shm']) await rm(file + suffix, {force: true});
      throw error;
    }
  } catch (error) {
    if (error instanceof UnavailableError) throw error;
    throw new UnavailableError('The copy could not be made.', {cause: error});
  }
}
