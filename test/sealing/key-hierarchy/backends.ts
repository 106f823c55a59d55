import Database from 'better-sqlite3';
import {SqliteStores} from '../../../lib/storage/sqlite/sqlite-stores.ts';
import {MemoryKeyHierarchyStore} from '../memory-key-hierarchy-store.ts';
import {makeTempDir} from '../temp-dir.ts';
import {SCOPE} from './fixture.ts';
import type {HierarchyStoreFixture, KeyHierarchySuiteOptions} from './key-hierarchy.suite.ts';

const SCOPES = [SCOPE, `${SCOPE}B`] as const;

export async function memoryFixture(): Promise<HierarchyStoreFixture> {
  const store = new MemoryKeyHierarchyStore();
  const setReferences = async (ids: readonly string[]): Promise<void> => {
    store.references.clear();
    for (const id of ids) store.references.add(id);
  };
  return {store, scopes: SCOPES, setReferences, close: () => Promise.resolve()};
}

/** With a table of an application's own, whose rows name data key versions. */
export async function sqliteFixture(): Promise<HierarchyStoreFixture> {
  const directory = await makeTempDir();
  const path = directory.path('webkms.db');
  const stores = await SqliteStores.open({path});
  const application = new Database(path);
  application.exec(
    `CREATE TABLE app_secret (
       version TEXT NOT NULL REFERENCES data_key_version (id) ON DELETE RESTRICT
     );
     CREATE INDEX app_secret_version ON app_secret (version);`,
  );
  const setReferences = async (ids: readonly string[]): Promise<void> => {
    application.prepare('DELETE FROM app_secret').run();
    for (const id of ids) application.prepare('INSERT INTO app_secret (version) VALUES (?)').run(id);
  };
  const close = async (): Promise<void> => {
    application.close();
    await stores.close();
    await directory.remove();
  };
  return {store: stores.keyHierarchy, scopes: SCOPES, setReferences, close};
}

export const BACKENDS: readonly KeyHierarchySuiteOptions[] = [
  {name: 'memory', create: memoryFixture},
  {name: 'SQLite', create: sqliteFixture},
];
