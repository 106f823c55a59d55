import {createHash} from 'node:crypto';
import {mkdir, readFile, stat, writeFile} from 'node:fs/promises';
import Database from 'better-sqlite3';
import {expect} from 'chai';
import {openDatabase} from '../../../lib/storage/sqlite/open-database.ts';
import {SqliteStores} from '../../../lib/storage/sqlite/sqlite-stores.ts';
import {StoreOpenError, type StoreOpenErrorCode} from '../../../lib/storage/store-open-error.ts';
import {insertKeystore} from '../records.ts';
import {withTemporaryFile} from './temporary-store.ts';

const fingerprint = async (path: string): Promise<string> =>
  createHash('sha256')
    .update(await readFile(path))
    .digest('hex');

async function expectOpenError(
  path: string,
  code: StoreOpenErrorCode,
  busyTimeoutMs = 0,
): Promise<StoreOpenError> {
  const outcome = await SqliteStores.open({path, busyTimeoutMs}).then(
    () => 'it was opened',
    (error: unknown) => error,
  );
  if (!(outcome instanceof StoreOpenError)) throw new Error(`Not a StoreOpenError: ${String(outcome)}`);
  expect(outcome.code).to.equal(code);
  expect(outcome.message).to.contain(path);
  return outcome;
}

async function expectOpens(path: string): Promise<void> {
  const stores = await SqliteStores.open({path});
  await stores.ping();
  await stores.close();
}

function execute(path: string, sql: string): void {
  const db = new Database(path);
  db.exec(sql);
  db.close();
}

describe('Opening an SQLite store', () => {
  it('creates its files for their owner only', () =>
    withTemporaryFile(async (path) => {
      const umask = process.umask(0);
      try {
        const stores = await SqliteStores.open({path});
        await stores.ping();
        for (const suffix of ['', '-wal', '-shm']) {
          expect((await stat(path + suffix)).mode & 0o777, suffix).to.equal(0o600);
        }
        await stores.close();
      } finally {
        process.umask(umask);
      }
    }));

  it('finds what was stored before', () =>
    withTemporaryFile(async (path) => {
      const first = await SqliteStores.open({path});
      const config = await insertKeystore(first);
      await first.close();
      const second = await SqliteStores.open({path});
      expect(await second.keystores.find(config.id)).to.deep.equal(config);
      await second.close();
    }));

  it('sets up the connection for durability and for strictness', () =>
    withTemporaryFile(async (path) => {
      const db = await openDatabase(path, 0);
      const pragma = (name: string): unknown => db.pragma(name, {simple: true});
      expect(pragma('journal_mode')).to.equal('wal');
      const FULL = 2;
      expect(pragma('synchronous')).to.equal(FULL);
      expect(pragma('foreign_keys')).to.equal(1);
      expect(pragma('trusted_schema')).to.equal(0);
      expect(pragma('cell_size_check')).to.equal(1);
      expect(pragma('secure_delete')).to.equal(1);
      expect(pragma('busy_timeout')).to.equal(5);
      expect(pragma('application_id')).to.equal(Buffer.from('wKMS').readUInt32BE());
      expect(pragma('user_version')).to.equal(
        db.prepare('SELECT count(*) FROM schema_migration').pluck().get(),
      );
      db.close();
    }));

  for (const [where, sql, undo] of [
    [
      'its list of migrations',
      `INSERT INTO schema_migration VALUES (1000, 'from the future', 0)`,
      'DELETE FROM schema_migration WHERE version = 1000',
    ],
    ['the header of the file', 'PRAGMA user_version = 1000', 'PRAGMA user_version = 1'],
  ] as const) {
    it(`refuses a newer schema than it knows, as ${where} says, and leaves it as it is`, () =>
      withTemporaryFile(async (path) => {
        await expectOpens(path);
        execute(path, sql);
        const before = await fingerprint(path);
        const {message} = await expectOpenError(path, 'ERR_STORE_NEWER');
        expect(message).to.contain('schema version 1000');
        expect(await fingerprint(path)).to.equal(before);
        execute(path, undo);
        await expectOpens(path);
      }));
  }

  const foreign: readonly [string, string, string][] = [
    ['tables of its own', 'CREATE TABLE customer (id INTEGER)', 'DROP TABLE customer; VACUUM'],
    ['an application id of its own', 'PRAGMA application_id = 1', 'PRAGMA application_id = 0'],
  ];
  for (const [what, sql, undo] of foreign) {
    it(`refuses a database that has ${what}, and leaves it as it is`, () =>
      withTemporaryFile(async (path) => {
        execute(path, sql);
        const before = await fingerprint(path);
        await expectOpenError(path, 'ERR_STORE_FOREIGN');
        expect(await fingerprint(path)).to.equal(before);
        execute(path, undo);
        await expectOpens(path);
      }));
  }

  it('refuses a file that is not a database, and leaves it as it is', () =>
    withTemporaryFile(async (path) => {
      await writeFile(path, 'WEBKMS_LISTEN=127.0.0.1:9443\n'.repeat(200));
      const before = await fingerprint(path);
      await expectOpenError(path, 'ERR_STORE_DAMAGED');
      expect(await fingerprint(path)).to.equal(before);
      await writeFile(path, '');
      await expectOpens(path);
    }));

  it('refuses a database whose pages are damaged', () =>
    withTemporaryFile(async (path) => {
      await expectOpens(path);
      const bytes = await readFile(path);
      await writeFile(path, Buffer.from(bytes).fill(0xa5, 100));
      await expectOpenError(path, 'ERR_STORE_DAMAGED');
      await writeFile(path, bytes);
      await expectOpens(path);
    }));

  it('says so where the file cannot be opened', () =>
    withTemporaryFile(async (path) => {
      await expectOpenError(`${path}/missing/webkms.db`, 'ERR_STORE_UNREACHABLE');
      await mkdir(`${path}-directory`);
      await expectOpenError(`${path}-directory`, 'ERR_STORE_UNREACHABLE');
      await expectOpens(path);
    }));

  it('refuses a name that the driver would take for another', () =>
    withTemporaryFile(async (path) => {
      await expectOpens(path);
      const {message} = await expectOpenError(`${path} `, 'ERR_STORE_UNREACHABLE');
      expect(message).to.contain('white space');
    }));

  it('waits for a lock, and says so where it lasts', () =>
    withTemporaryFile(async (path) => {
      const holder = new Database(path);
      holder.exec('BEGIN EXCLUSIVE');
      const {cause} = await expectOpenError(path, 'ERR_STORE_UNREACHABLE', 1);
      expect(cause).to.have.property('code', 'SQLITE_BUSY');
      // Released while it waits: the wait leaves the event loop alone.
      setTimeout(() => holder.close(), 20);
      const stores = await SqliteStores.open({path, busyTimeoutMs: 60_000});
      await stores.close();
    }));
});
