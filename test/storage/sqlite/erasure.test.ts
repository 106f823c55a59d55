import {randomBytes} from 'node:crypto';
import {existsSync, readFileSync} from 'node:fs';
import Database from 'better-sqlite3';
import {expect} from 'chai';
import type {KeyRecord} from '../../../lib/storage/key-record.ts';
import type {Authenticated} from '../../../lib/storage/record-authentication.ts';
import {SqliteStores} from '../../../lib/storage/sqlite/sqlite-stores.ts';
import {requireSqlite3, sqlite3} from '../../support/sqlite3-program.ts';
import {makeAuthentication} from '../keystore-scope.ts';
import {insertKey, insertKeystore, NOW} from '../records.ts';
import {withTemporaryFile} from './temporary-store.ts';

type Key = Authenticated<KeyRecord>;

/** Of material that fits into a page, and of material that does not. */
const SIZES = [93, 1700, 9000];

/** Whether any part of it that a page may hold lies in the database's files. */
function isStored(path: string, bytes: Uint8Array): boolean {
  const files = ['', '-wal', '-shm'].map((suffix) => path + suffix).filter((file) => existsSync(file));
  const parts = Array.from({length: Math.floor(bytes.length / 40)}, (_, index) =>
    Buffer.from(bytes.subarray(40 * index, 40 * index + 24)),
  );
  return files.some((file) => {
    const content = readFileSync(file);
    return parts.some((part) => content.includes(part));
  });
}

const materialOf = (key: KeyRecord): Uint8Array[] => key.versions.flatMap(({material}) => material ?? []);

async function update(stores: SqliteStores, key: Key, members: Partial<KeyRecord>): Promise<Key> {
  const authentication = makeAuthentication(key.keystoreId);
  const next = {...key, ...members, sequence: key.sequence + 1, updatedAt: NOW + 1, authentication};
  await stores.keys.update(next);
  return next;
}

/** Without the material of the versions that `which` says. */
const erased = (key: Key, which: (version: number) => boolean = () => true): Partial<KeyRecord> => ({
  versions: key.versions.map(({material, dataKeyVersionId, ...version}) =>
    which(version.version)
      ? {...version, state: 'destroyed'}
      : {...version, material: material!, ...(dataKeyVersionId !== undefined && {dataKeyVersionId})},
  ),
});

const rotated = (key: Key, size: number): Partial<KeyRecord> => ({
  versions: [
    ...key.versions,
    {version: key.versions.length + 1, createdAt: NOW, state: 'enabled', material: randomBytes(size)},
  ],
});

function withStores(work: (stores: SqliteStores, path: string) => Promise<void>): Promise<void> {
  return withTemporaryFile(async (path) => {
    const stores = await SqliteStores.open({path});
    try {
      await work(stores, path);
    } finally {
      await stores.close();
    }
  });
}

async function insertVersions(stores: SqliteStores, keystoreId: string, count: number): Promise<Key> {
  let key = await insertKey(stores, keystoreId);
  for (let index = 1; index < count; index++) {
    key = await update(stores, key, rotated(key, SIZES[index % SIZES.length]!));
  }
  return key;
}

/** Somebody reads: a log that is read is not emptied. */
function read(path: string): {end: () => void} {
  const db = new Database(path);
  db.exec('BEGIN');
  db.prepare('SELECT count(*) FROM key_version').get();
  return {end: () => db.close()};
}

describe('Erasure of material from an SQLite database', () => {
  for (const place of ['log', 'file'] as const) {
    it(`overwrites it where it is in the ${place}, and nothing else`, () =>
      withStores(async (stores, path) => {
        const {id} = await insertKeystore(stores);
        const [key, neighbour] = [await insertVersions(stores, id, 6), await insertVersions(stores, id, 3)];
        if (place === 'file') {
          const db = new Database(path);
          db.pragma('wal_checkpoint(TRUNCATE)');
          db.close();
        }
        for (const bytes of materialOf(key)) expect(isStored(path, bytes)).to.equal(true);
        const next = await update(
          stores,
          key,
          erased(key, (version) => version % 2 === 0),
        );
        for (const [index, bytes] of materialOf(key).entries()) {
          expect(isStored(path, bytes), `version ${index + 1}`).to.equal(index % 2 === 0);
        }
        await update(stores, next, erased(next));
        for (const bytes of materialOf(key)) expect(isStored(path, bytes)).to.equal(false);
        for (const bytes of materialOf(neighbour)) expect(isStored(path, bytes)).to.equal(true);
      }));
  }

  it('does not wait for who reads just now: the log is emptied with the next change, or the next look at what is due', () =>
    withStores(async (stores, path) => {
      const {id} = await insertKeystore(stores);
      const nextOf: readonly ((other: Key) => Promise<unknown>)[] = [
        (other) => update(stores, other, {state: 'disabled'}),
        () => stores.keys.listDue({at: 0, limit: 1}),
      ];
      for (const doNext of nextOf) {
        const [key, other] = [await insertVersions(stores, id, 3), await insertKey(stores, id)];
        const reader = read(path);
        const destroyed = await update(stores, key, erased(key));
        expect(await stores.keys.find(key)).to.have.property('sequence', destroyed.sequence);
        for (const bytes of materialOf(key)) expect(isStored(path, bytes)).to.equal(true);
        reader.end();
        await doNext(other);
        for (const bytes of materialOf(key)) expect(isStored(path, bytes)).to.equal(false);
      }
    }));

  it('empties the log of what a process that is gone left there', () =>
    withTemporaryFile(async (path) => {
      const stores = await SqliteStores.open({path});
      const {id} = await insertKeystore(stores);
      const key = await insertVersions(stores, id, 3);
      const reader = read(path);
      await update(stores, key, erased(key));
      await stores.close();
      const next = await SqliteStores.open({path});
      reader.end();
      for (const bytes of materialOf(key)) expect(isStored(path, bytes)).to.equal(true);
      await next.keys.listDue({at: 0, limit: 1});
      for (const bytes of materialOf(key)) expect(isStored(path, bytes)).to.equal(false);
      await next.close();
    }));

  it('leaves nothing after a VACUUM of what rows were moved about', async function () {
    this.timeout(60_000);
    requireSqlite3(this);
    await withStores(async (stores, path) => {
      const {id} = await insertKeystore(stores);
      const keys: Key[] = [];
      for (let count = 0; count < 20; count++) keys.push(await insertKey(stores, id));
      // Each rotation inserts a row between others.
      for (let count = 0; count < 200; count++) {
        const index = (count * 7) % keys.length;
        keys[index] = await update(stores, keys[index]!, rotated(keys[index]!, SIZES[count % SIZES.length]!));
      }
      const [gone, kept] = [keys.slice(0, 10), keys.slice(10)];
      for (const key of gone) await update(stores, key, erased(key));
      await sqlite3(path, 'PRAGMA secure_delete = ON; VACUUM; PRAGMA wal_checkpoint(TRUNCATE);');
      for (const bytes of gone.flatMap(materialOf)) expect(isStored(path, bytes)).to.equal(false);
      for (const bytes of kept.flatMap(materialOf)) expect(isStored(path, bytes)).to.equal(true);
      expect(await stores.verify()).to.deep.equal([]);
    });
  });
});
