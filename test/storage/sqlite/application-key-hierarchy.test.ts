import {setTimeout as delay} from 'node:timers/promises';
import Database from 'better-sqlite3';
import {expect} from 'chai';
import {UnavailableError} from '../../../lib/errors.ts';
import {InvalidSchemaError, KeyInUseError} from '../../../lib/storage/key-errors.ts';
import type {KeyHierarchyStore, ScopeKeysRecord} from '../../../lib/storage/key-hierarchy-store.ts';
import {openApplicationKeyHierarchy} from '../../../lib/storage/sqlite/application-key-hierarchy.ts';
import {hierarchyObjects} from '../../../lib/storage/sqlite/key-hierarchy-schema.ts';
import type {Stores} from '../../../lib/storage/stores.ts';
import {inAnyOrder, insertFirstKeys, insertRoot, makeFirstKeys, rotate} from '../key-hierarchy-records.ts';
import {describeKeyHierarchyStore} from '../key-hierarchy-store.suite.ts';
import {expectRefusal} from '../store-suite.ts';
import {withTemporaryFile} from './temporary-store.ts';

function openApplication(path: string): Database.Database {
  const db = new Database(path);
  db.pragma('foreign_keys = ON');
  return db;
}

const asStores = (keyHierarchy: KeyHierarchyStore): Stores => ({keyHierarchy}) as unknown as Stores;

describeKeyHierarchyStore({
  name: 'SQLite, in an application’s database',
  open: () =>
    new Promise((resolve, reject) => {
      withTemporaryFile(async (path) => {
        const [db, otherDb] = [openApplication(path), openApplication(path)];
        // As applications may have it: each connection must do with it.
        otherDb.defaultSafeIntegers(true);
        const stores = asStores(await openApplicationKeyHierarchy(db));
        const other = asStores(await openApplicationKeyHierarchy(otherDb));
        await new Promise<void>((close) => {
          resolve({
            stores,
            other,
            close: async () => {
              db.close();
              otherDb.close();
              close();
            },
          });
        });
      }).catch(reject);
    }),
});

interface Application {
  readonly db: Database.Database;
  readonly path: string;
  readonly store: KeyHierarchyStore;
  readonly rootWrapperId: string;
  /** Two versions of every key. */
  readonly keys: ScopeKeysRecord;
}

const withApplication = (work: (application: Application) => Promise<void>): Promise<void> =>
  withTemporaryFile(async (path) => {
    const db = openApplication(path);
    try {
      const store = await openApplicationKeyHierarchy(db, {busyTimeoutMs: 200});
      const {id: rootWrapperId} = await insertRoot(asStores(store));
      const first = await insertFirstKeys(asStores(store), [rootWrapperId]);
      const keys = await rotate(asStores(store), first, [rootWrapperId]);
      await work({db, path, store, rootWrapperId, keys});
    } finally {
      db.close();
    }
  });

async function refusalOf(attempt: Promise<unknown>): Promise<string> {
  const outcome = await attempt.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(outcome).to.be.instanceOf(InvalidSchemaError);
  return (outcome as InvalidSchemaError).message;
}

const schemaOf = (db: Database.Database): unknown =>
  db.prepare('SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name').all();

describe('SQLite key hierarchy in an application’s database', () => {
  it('is made beside what is there, which stays as it is', () =>
    withTemporaryFile(async (path) => {
      const db = openApplication(path);
      db.pragma('application_id = 1234');
      db.pragma('user_version = 7');
      db.exec(
        `CREATE TABLE client (id TEXT PRIMARY KEY, secret BLOB); INSERT INTO client VALUES ('a', x'01')`,
      );
      const settings = ['application_id', 'user_version', 'journal_mode', 'trusted_schema', 'busy_timeout'];
      const read = (): unknown => settings.map((name) => db.pragma(name));
      const before = read();
      await (await openApplicationKeyHierarchy(db)).validateSchema();
      expect(read()).to.deep.equal(before);
      expect(db.prepare('SELECT * FROM client').all()).to.deep.equal([{id: 'a', secret: Buffer.of(1)}]);
      const made = schemaOf(db);
      await (await openApplicationKeyHierarchy(db)).validateSchema();
      expect(schemaOf(db), 'opened again').to.deep.equal(made);
      expect(db.open).to.equal(true);
      db.close();
    }));

  it('sets what durable and destroyed keys need', () =>
    withTemporaryFile(async (path) => {
      for (const [set, expected] of [
        ['OFF', 2],
        ['NORMAL', 2],
        ['EXTRA', 3],
      ] as const) {
        const db = openApplication(path);
        db.pragma(`synchronous = ${set}`);
        await openApplicationKeyHierarchy(db);
        expect(db.pragma('synchronous', {simple: true})).to.equal(expected);
        expect(db.pragma('secure_delete', {simple: true})).to.equal(1);
        db.close();
      }
    }));

  it('works in a database in memory', async () => {
    const db = openApplication(':memory:');
    const store = await openApplicationKeyHierarchy(db);
    const {id} = await insertRoot(asStores(store));
    const record = await insertFirstKeys(asStores(store), [id]);
    expect(inAnyOrder(await store.findScope(record.scope))).to.deep.equal(inAnyOrder(record));
    db.close();
  });

  it('is opened by several connections of a new database at once', () =>
    withTemporaryFile(async (path) => {
      const connections = Array.from({length: 4}, () => openApplication(path));
      const opened = await Promise.all(connections.map((db) => openApplicationKeyHierarchy(db)));
      for (const store of opened) await store.validateSchema();
      for (const db of connections) db.close();
    }));

  it('is refused where foreign keys are not enforced', () =>
    withTemporaryFile(async (path) => {
      const db = new Database(path);
      db.pragma('foreign_keys = OFF');
      expect(await refusalOf(openApplicationKeyHierarchy(db))).to.include('foreign_keys');
      expect(schemaOf(db)).to.deep.equal([]);
      db.pragma('foreign_keys = ON');
      const store = await openApplicationKeyHierarchy(db);
      db.pragma('foreign_keys = OFF');
      expect(await refusalOf(store.validateSchema())).to.include('foreign keys');
      db.close();
    }));

  it('is refused where its names are something else’s, and then nothing is made', () =>
    withTemporaryFile(async (path) => {
      const db = openApplication(path);
      const taken = [
        ['CREATE TABLE Data_Key (id INTEGER)', 'DROP TABLE Data_Key', 'Data_Key'],
        ['CREATE VIEW root_wrapper AS SELECT 1 AS id', 'DROP VIEW root_wrapper', 'root_wrapper'],
        ['CREATE TABLE hierarchy_state (tree TEXT)', 'DROP TABLE hierarchy_state', 'version is missing'],
        ['CREATE TABLE Hierarchy_State (id INTEGER)', 'DROP TABLE Hierarchy_State', 'Hierarchy_State'],
      ] as const;
      for (const [create, drop, named] of taken) {
        db.exec(create);
        const before = schemaOf(db);
        expect(await refusalOf(openApplicationKeyHierarchy(db)), create).to.include(named);
        expect(schemaOf(db)).to.deep.equal(before);
        db.exec(drop);
      }
      await openApplicationKeyHierarchy(db);
      db.close();
    }));

  it('is refused where a newer release made it, or some of it is gone', () =>
    withApplication(async ({db}) => {
      const [trigger] = hierarchyObjects().filter(({type}) => type === 'trigger');
      db.exec(`DROP TRIGGER ${trigger!.name}`);
      expect(await refusalOf(openApplicationKeyHierarchy(db))).to.include(trigger!.name);
      db.exec(trigger!.sql);
      await openApplicationKeyHierarchy(db);
      db.exec('ALTER TABLE data_key ADD COLUMN usage TEXT; UPDATE hierarchy_state SET schema_version = 2');
      expect(await refusalOf(openApplicationKeyHierarchy(db))).to.include('has version 2, not 1');
    }));

  for (const [how, reference] of [
    ['by id', 'TEXT NOT NULL REFERENCES data_key_version (id) ON DELETE RESTRICT'],
    ['at the commit', 'TEXT NOT NULL REFERENCES data_key_version (id) DEFERRABLE INITIALLY DEFERRED'],
  ] as const) {
    it(`keeps a version that an application’s row names ${how}, and its scope`, () =>
      withApplication(async ({db, store, keys}) => {
        db.exec(`CREATE TABLE client (id TEXT PRIMARY KEY, key_version_id ${reference});
          CREATE INDEX client_key_version_id ON client (key_version_id)`);
        await store.validateSchema();
        const old = keys.dataKeys[0]!.versions[0]!.id;
        db.prepare('INSERT INTO client VALUES (?, ?)').run('a', old);
        expect(await store.listReferenced([old, keys.dataKeys[1]!.versions[0]!.id])).to.deep.equal([old]);
        await expectRefusal(store.deleteDataKeyVersion(old), KeyInUseError);
        await expectRefusal(store.deleteScope(keys.scope), KeyInUseError);
        expect(inAnyOrder(await store.findScope(keys.scope))).to.deep.equal(inAnyOrder(keys));
        db.prepare('UPDATE client SET key_version_id = ?').run(keys.dataKeys[0]!.versions[1]!.id);
        expect(await store.deleteDataKeyVersion(old)).to.equal(true);
        await expectRefusal(store.deleteScope(keys.scope), KeyInUseError);
        db.exec('DELETE FROM client');
        expect(await store.deleteScope(keys.scope)).to.equal(true);
      }));
  }

  it('waits for the application’s own transaction, and is no part of it', () =>
    withApplication(async ({db, store, rootWrapperId, keys}) => {
      db.exec('CREATE TABLE client (id TEXT)');
      const record = makeFirstKeys([rootWrapperId]);
      db.exec(`BEGIN; INSERT INTO client VALUES ('a')`);
      const insertion = store.insertScope(record);
      expect((await store.findScope(keys.scope))?.scope, 'reads do not wait').to.equal(keys.scope);
      await delay(50);
      expect(await store.findScope(record.scope)).to.equal(undefined);
      db.exec('ROLLBACK');
      await insertion;
      expect(inAnyOrder(await store.findScope(record.scope))).to.deep.equal(inAnyOrder(record));
      expect(db.prepare('SELECT count(*) FROM client').pluck().get()).to.equal(0);

      const calls: Promise<boolean>[] = [];
      db.transaction(() => {
        calls.push(store.deleteScope(record.scope));
      })();
      expect(await Promise.all(calls)).to.deep.equal([true]);
      db.exec('BEGIN');
      await expectRefusal(store.deleteScope(keys.scope), UnavailableError);
      await expectRefusal(openApplicationKeyHierarchy(db, {busyTimeoutMs: 20}), UnavailableError);
      db.exec('COMMIT');
      expect(await store.deleteScope(keys.scope)).to.equal(true);
    }));

  it('tells of a connection that the application has closed', () =>
    withApplication(async ({db, store, keys}) => {
      db.close();
      await expectRefusal(store.findScope(keys.scope), UnavailableError);
    }));
});
