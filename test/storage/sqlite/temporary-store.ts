import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {SqliteStores} from '../../../lib/storage/sqlite/sqlite-stores.ts';
import type {StoreHandles} from '../store-suite.ts';

/** Runs `work` with the name of a database file that does not exist yet, in a directory of its own. */
export async function withTemporaryFile<T>(work: (path: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'webkms-sqlite-'));
  try {
    return await work(join(directory, 'webkms.db'));
  } finally {
    await rm(directory, {recursive: true});
  }
}

export async function openHandles(): Promise<StoreHandles> {
  const directory = await mkdtemp(join(tmpdir(), 'webkms-sqlite-'));
  const path = join(directory, 'webkms.db');
  const [stores, other] = [await SqliteStores.open({path}), await SqliteStores.open({path})];
  return {
    stores,
    other,
    close: async () => {
      await Promise.all([stores.close(), other.close()]);
      await rm(directory, {recursive: true});
    },
  };
}
