import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

/** Gives `use` a new directory, which is removed when that is done. */
export async function withDirectory<T>(use: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'webkms-client-'));
  try {
    return await use(directory);
  } finally {
    await rm(directory, {recursive: true, force: true});
  }
}
