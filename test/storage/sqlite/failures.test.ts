import {open, readFile} from 'node:fs/promises';
import {randomBytes} from 'node:crypto';
import Database from 'better-sqlite3';
import {expect} from 'chai';
import {
  DuplicateError,
  InternalError,
  type KmsError,
  NotAllowedError,
  NotFoundError,
  UnavailableError,
} from '../../../lib/errors.ts';
import {
  InvalidSchemaError,
  KeyInUseError,
  KeyNotFoundError,
  RootsChangedError,
} from '../../../lib/storage/key-errors.ts';
import {toStoreError} from '../../../lib/storage/sqlite/driver-error.ts';
import {SqliteStores} from '../../../lib/storage/sqlite/sqlite-stores.ts';
import {insertKeystoreScope, makeAuthentication} from '../keystore-scope.ts';
import {
  insertKeystore,
  keystoreUrl,
  makeKey,
  makeKeystore,
  makeRevocation,
  makeRootWrapper,
  makeScope,
  resealed,
} from '../records.ts';
import {type ErrorClass, expectRefusal, plain} from '../store-suite.ts';
import {withTemporaryFile} from './temporary-store.ts';

async function refusalOf(attempt: Promise<unknown>, type: ErrorClass): Promise<KmsError> {
  await expectRefusal(attempt, type);
  return attempt.then(
    () => expect.fail('unreachable'),
    (error: unknown) => error as KmsError,
  );
}

/** Runs `work` with a store that does not wait for locks, and its file. */
const withStores = (work: (stores: SqliteStores, path: string) => Promise<void>): Promise<void> =>
  withTemporaryFile(async (path) => {
    const stores = await SqliteStores.open({path, busyTimeoutMs: 0});
    try {
      await work(stores, path);
    } finally {
      await stores.close();
    }
  });

const KEY_ERRORS = [InvalidSchemaError, KeyInUseError, KeyNotFoundError, RootsChangedError];

describe('SQLite failures', () => {
  const classes: readonly [ErrorClass, readonly string[]][] = [
    [
      UnavailableError,
      [
        ...['BUSY', 'BUSY_SNAPSHOT', 'BUSY_RECOVERY', 'LOCKED', 'IOERR', 'IOERR_FSYNC', 'IOERR_SHORT_READ'],
        ...[
          'CORRUPT',
          'CORRUPT_INDEX',
          'NOTADB',
          'FULL',
          'CANTOPEN',
          'READONLY',
          'NOMEM',
          'PROTOCOL',
          'PERM',
        ],
        'SOMETHING_OF_A_LATER_VERSION',
      ],
    ],
    [DuplicateError, ['CONSTRAINT_UNIQUE', 'CONSTRAINT_PRIMARYKEY', 'CONSTRAINT_ROWID']],
    [
      InternalError,
      [
        ...[
          'CONSTRAINT',
          'CONSTRAINT_CHECK',
          'CONSTRAINT_FOREIGNKEY',
          'CONSTRAINT_TRIGGER',
          'CONSTRAINT_NOTNULL',
        ],
        ...['CONSTRAINT_DATATYPE', 'ERROR', 'MISMATCH', 'MISUSE', 'RANGE', 'TOOBIG'],
      ],
    ],
  ];
  for (const [type, codes] of classes) {
    it(`become ${type.name}, with the driver's error as cause only`, () => {
      for (const code of codes) {
        const driverError = new Database.SqliteError('near "/var/lib/webkms": bad', `SQLITE_${code}`);
        const error = toStoreError(driverError);
        expect(error, code).to.be.instanceOf(type);
        expect(error.cause, code).to.equal(driverError);
        expect(error.message).to.not.contain('/var/lib');
      }
    });
  }

  it('leave the stores’ own errors as they are, and take everything else for a defect', () => {
    const refusal = new NotAllowedError('revoked', 'revoked');
    const refusals = [refusal, ...KEY_ERRORS.map((type) => new type('x'))];
    for (const own of refusals) expect(toStoreError(own)).to.equal(own);
    expect(toStoreError(new TypeError('x'))).to.be.instanceOf(InternalError);
    expect(toStoreError('x')).to.be.instanceOf(InternalError);
  });

  it('that triggers raise by an agreed word become what the word says, and only those', () => {
    const raise = (message: string, code = 'SQLITE_CONSTRAINT_TRIGGER') =>
      toStoreError(new Database.SqliteError(message, code));
    const words = {'in use': KeyInUseError, duplicate: DuplicateError, 'roots changed': RootsChangedError};
    for (const [word, type] of Object.entries(words)) {
      expect(raise(`${word}: why`))
        .to.be.instanceOf(type)
        .with.property('message', 'why.');
      expect(raise(`${word}: why`, 'SQLITE_CONSTRAINT_CHECK')).to.be.instanceOf(InternalError);
      expect(raise(word)).to.be.instanceOf(InternalError);
    }
    for (const word of ['root_key', 'constructor', '']) {
      expect(raise(`${word}: why`)).to.be.instanceOf(InternalError);
    }
  });

  it('of a lock held elsewhere make writes unavailable until it is released, and reads never', () =>
    withStores(async (stores, path) => {
      const config = await insertKeystore(stores);
      const key = makeKey(config.id);
      const created = makeKeystore();
      await insertKeystoreScope(stores, created.id);
      const job = {id: 'job_1', steps: ['rewrap'], createdAt: 0} as const;
      const holder = new Database(path);
      holder.exec('BEGIN IMMEDIATE');
      const writes = (): Promise<unknown>[] => [
        stores.ping(),
        stores.keystores.insert(created, {creator: 'did:key:a', maxPerCreator: 9}),
        stores.keys.insert(key, {maxPerKeystore: 9}),
        stores.revocations.insert(makeRevocation(config.id), {}),
        stores.replays.remember(randomBytes(32), {expiresAt: 0}),
        stores.keyHierarchy.insertFirstRootWrapper(makeRootWrapper()),
        stores.keys.replace([{record: resealed(key), replacedSequence: 0}]),
        stores.keystores.replaceAuthentication(config, makeAuthentication(config.id, 2)),
        stores.jobs.insert(job),
      ];
      for (const write of writes()) {
        const error = await refusalOf(write, UnavailableError);
        expect(error.cause).to.have.property('code', 'SQLITE_BUSY');
      }
      expect(plain(await stores.keystores.find(config.id))).to.deep.equal(plain(config));
      holder.exec('ROLLBACK');
      holder.close();
      await Promise.all(writes());
      expect(await stores.keys.find(key)).to.have.property('localKeyId', key.localKeyId);
    }));

  it('of a row that is not what was written are a defect', () =>
    withStores(async (stores, path) => {
      const {id} = await insertKeystore(stores, {controller: ['did:key:a', 'did:key:b']});
      const db = new Database(path);
      db.exec(`UPDATE keystore SET controllers = '["did:key:a", 1]'`);
      await expectRefusal(stores.keystores.find(id), InternalError);
      db.exec(`UPDATE keystore SET controllers = '["did:key:a", "1"]'`);
      expect(await stores.keystores.find(id)).to.have.deep.property('controller', ['did:key:a', '1']);
      db.close();
    }));

  it('of a data key version that a row names and that is gone are a defect', () =>
    withStores(async (stores, path) => {
      const {id} = await insertKeystore(stores);
      const key = makeKey(id);
      await stores.keys.insert(key, {maxPerKeystore: 9});
      const db = new Database(path);
      db.pragma('foreign_keys = OFF');
      db.exec('UPDATE key_version SET data_key_version = data_key_version + 1000');
      await expectRefusal(stores.keys.find(key), InternalError);
      db.exec('UPDATE key_version SET data_key_version = data_key_version - 1000');
      expect(plain(await stores.keys.find(key))).to.deep.equal(plain(key));
      for (const table of ['key_record', 'keystore']) {
        db.exec(`UPDATE ${table} SET mac_key_version = mac_key_version + 1000`);
        await expectRefusal(
          stores.keys.find(key).then(() => stores.keystores.find(id)),
          InternalError,
        );
        db.exec(`UPDATE ${table} SET mac_key_version = mac_key_version - 1000`);
      }
      expect(await stores.keystores.find(id)).to.have.property('id', id);
      db.close();
    }));

  it('would show in a ping, as it writes each time', () =>
    withStores(async (stores, path) => {
      const db = new Database(path);
      const writes = db.prepare('SELECT writes FROM probe').pluck();
      for (const expected of [1, 2, 3]) {
        await stores.ping();
        expect(writes.get()).to.equal(expected);
      }
      db.exec('DELETE FROM probe');
      await expectRefusal(stores.ping(), InternalError);
      db.close();
    }));

  it('are waited for without stopping the event loop', () =>
    withTemporaryFile(async (path) => {
      const stores = await SqliteStores.open({path, busyTimeoutMs: 60_000});
      const holder = new Database(path);
      holder.exec('BEGIN IMMEDIATE');
      setTimeout(() => holder.close(), 20);
      const {id} = await insertKeystore(stores);
      expect(holder.open).to.equal(false);
      expect(await stores.keystores.find(id)).to.have.property('id', id);
      await stores.close();
    }));

  it('of a damaged page make what needs it unavailable', () =>
    withTemporaryFile(async (path) => {
      const before = await SqliteStores.open({path});
      const config = await insertKeystore(before);
      await before.close();

      const db = new Database(path);
      const root = db
        .prepare<[], number>(`SELECT rootpage FROM sqlite_schema WHERE name = 'sqlite_autoindex_keystore_1'`)
        .pluck()
        .get();
      const pageSize = Number(db.pragma('page_size', {simple: true}));
      db.close();
      const sound = await readFile(path);
      const file = await open(path, 'r+');
      await file.write(Buffer.alloc(pageSize, 0xa5), 0, pageSize, (Number(root) - 1) * pageSize);
      await file.close();

      const damaged = await SqliteStores.open({path});
      const error = await refusalOf(damaged.keystores.find(config.id), UnavailableError);
      expect(error.cause)
        .to.have.property('code')
        .that.matches(/^SQLITE_CORRUPT/);
      expect(await damaged.replays.remember(randomBytes(32), {expiresAt: 0})).to.equal(true);
      await damaged.close();

      const repaired = await open(path, 'w');
      await repaired.writeFile(sound);
      await repaired.close();
      const after = await SqliteStores.open({path});
      expect(plain(await after.keystores.find(config.id))).to.deep.equal(plain(config));
      await after.close();
    }));

  it('of a closed store are told as unavailable; closing again does nothing', () =>
    withStores(async (stores) => {
      await stores.ping();
      await stores.close();
      await stores.close();
      await expectRefusal(stores.ping(), UnavailableError);
      await expectRefusal(stores.keystores.find(keystoreUrl()), UnavailableError);
      await expectRefusal(stores.keyHierarchy.insertScope(makeScope('rw_1')), UnavailableError);
    }));

  it('of a write leave nothing of it behind', () =>
    withStores(async (stores) => {
      const {id: keystoreId} = await insertKeystore(stores);
      const [wrapper] = await stores.keyHierarchy.listRootWrappers();
      const id = keystoreUrl();
      const scope = makeScope(wrapper!.id, id);

      const unknown = makeScope('rw_unknown', id);
      await expectRefusal(stores.keyHierarchy.insertScope(unknown), RootsChangedError);
      const [dataKey] = scope.dataKeys;
      const strangers = [
        {...dataKey!, versions: [{...dataKey!.versions[0]!, rootKeyVersionId: 'krkv_unknown'}]},
      ];
      await expectRefusal(stores.keyHierarchy.insertScope({...scope, dataKeys: strangers}), KeyNotFoundError);
      const [version] = scope.rootKeyVersions;
      for (const rootKeyVersions of [[], [{...version!, sealed: []}]]) {
        const unopenable = {...scope, rootKeyVersions, dataKeys: []};
        await expectRefusal(stores.keyHierarchy.insertScope(unopenable), InternalError);
      }
      expect(await stores.keyHierarchy.findScope(id)).to.equal(undefined);
      await stores.keyHierarchy.insertScope(scope);

      const key = makeKey(keystoreId);
      const empty = {...key.versions[0]!, material: new Uint8Array()};
      for (const versions of [[], [key.versions[0]!, {...empty, version: 2}]]) {
        await expectRefusal(stores.keys.insert({...key, versions}, {maxPerKeystore: 9}), InternalError);
        expect(await stores.keys.find(key)).to.equal(undefined);
      }
      await stores.keys.insert(key, {maxPerKeystore: 9});
    }));

  it('of a keystore that is gone make a revocation of it not found', () =>
    withStores(async (stores) => {
      const {id} = await insertKeystore(stores);
      await stores.revocations.insert(makeRevocation(id), {});
      await stores.keystores.delete(id, {sequence: 0});
      await expectRefusal(stores.revocations.insert(makeRevocation(id), {}), NotFoundError);
    }));

  it('of a page size that is none are a defect, never a page without end', () =>
    withStores(async (stores) => {
      const {id} = await insertKeystore(stores);
      expect((await stores.keys.list({keystoreId: id, limit: 1})).results).to.deep.equal([]);
      for (const limit of [0, -1, 1.5, Number.NaN, Infinity]) {
        await expectRefusal(stores.keys.list({keystoreId: id, limit}), InternalError);
      }
    }));
});
