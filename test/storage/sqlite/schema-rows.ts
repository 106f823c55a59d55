import {randomBytes} from 'node:crypto';
import Database from 'better-sqlite3';
import {SqliteStores} from '../../../lib/storage/sqlite/sqlite-stores.ts';
import {
  insertKey,
  insertKeystore,
  keystoreUrl,
  makeRevocation,
  makeRootWrapper,
  makeScope,
} from '../records.ts';
import {withTemporaryFile} from './temporary-store.ts';

export interface Rows {
  /** Its only key is sealed, and both are authenticated, under version 1 of its data keys. */
  readonly keystoreId: string;
  readonly otherKeystoreId: string;
  /** Two versions of the root key, and data keys sealed under each of them. */
  readonly scope: string;
}

/** Makes a database that has rows in every table. */
export async function insertRows(path: string): Promise<Rows> {
  const stores = await SqliteStores.open({path});
  const wrapper = makeRootWrapper();
  await stores.keyHierarchy.insertFirstRootWrapper(wrapper);
  const [keystoreId, otherKeystoreId, scope] = [keystoreUrl(), keystoreUrl(), keystoreUrl()];
  for (const id of [keystoreId, otherKeystoreId]) {
    await insertKeystore(stores, {id});
    const key = await insertKey(stores, id);
    await stores.keyUses.add({...key, version: 1, count: 1});
    await stores.revocations.insert(makeRevocation(id), {});
    await stores.replays.remember(randomBytes(32), {expiresAt: 0});
  }
  for (const name of [scope, keystoreUrl()]) {
    await stores.keyHierarchy.insertScope(makeScope(wrapper.id, name));
  }
  await stores.jobs.insert({id: 'job_1', steps: ['rewrap'], createdAt: 0, rotateBefore: 0});
  await stores.leases.acquire('work', {holder: 'node', now: 0, expiresAt: 1});
  await stores.close();
  return {keystoreId, otherKeystoreId, scope};
}

/** Runs `work` on it. */
export const withRows = (work: (db: Database.Database, rows: Rows) => void): Promise<void> =>
  withTemporaryFile(async (path) => {
    const rows = await insertRows(path);
    const db = new Database(path);
    db.pragma('foreign_keys = ON');
    try {
      work(db, rows);
    } finally {
      db.close();
    }
  });

/** What SQLite says to a statement. */
export function codeOf(attempt: () => unknown): string {
  try {
    attempt();
  } catch (error) {
    if (error instanceof Database.SqliteError) return error.code;
    throw error;
  }
  return 'it was let through';
}
