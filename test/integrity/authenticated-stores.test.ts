import {expect} from 'chai';
import {
  DuplicateError,
  InternalError,
  KeySequenceError,
  KeystoreSequenceError,
  NotFoundError,
  QuotaExceededError,
  UnavailableError,
} from '../../lib/errors.ts';
import {AuthenticatedKeyStore} from '../../lib/integrity/authenticated-key-store.ts';
import {AuthenticatedKeystoreStore} from '../../lib/integrity/authenticated-keystore-store.ts';
import {TamperedRecordError} from '../../lib/integrity/tampered-record-error.ts';
import {KeyNotFoundError} from '../../lib/storage/key-errors.ts';
import type {KeyRecord} from '../../lib/storage/key-record.ts';
import type {KeyMaintenance} from '../../lib/storage/key-record-store.ts';
import type {KeystoreConfig, KeystoreMaintenance} from '../../lib/storage/keystore-config-store.ts';
import {expectRejection} from '../sealing/expect-rejection.ts';
import {useTempDir} from '../sealing/temp-dir.ts';
import {ALICE, keystoreUrl} from '../storage/records.ts';
import {OpenDatabase} from './database-fixture.ts';

const QUOTA = {creator: ALICE, maxPerCreator: 2};

describe('stores that authenticate', () => {
  const path = useTempDir();
  let database: OpenDatabase;
  let keystore: KeystoreConfig;
  let key: KeyRecord;
  let refreshed: string[];
  let deleted: string[];

  beforeEach(async () => {
    database = await OpenDatabase.open(path(''));
    keystore = await database.addKeystore();
    key = await database.addKey(keystore.id);
    refreshed = [];
    deleted = [];
  });
  afterEach(() => database.close());

  const newKeystore = (): KeystoreConfig => ({
    ...{id: keystoreUrl(), sequence: 0, controller: ALICE, kmsModule: 'software'},
  });

  /** Over the real stores, some of whose methods are others. */
  function keystoresWith(overrides: Partial<KeystoreMaintenance>): AuthenticatedKeystoreStore {
    const {stores, authenticator, hierarchy} = database;
    return new AuthenticatedKeystoreStore({
      store: override(stores.keystores, overrides),
      authenticator,
      refresh: async (scope) => refreshed.push(scope),
      deleteScope: async (scope) => {
        deleted.push(scope);
        await hierarchy.deleteScope(scope);
      },
    });
  }

  function keysWith(overrides: Partial<KeyMaintenance>): AuthenticatedKeyStore {
    const {stores, authenticator} = database;
    return new AuthenticatedKeyStore({
      store: override(stores.keys, overrides),
      authenticator,
      refresh: async (scope) => refreshed.push(scope),
    });
  }

  /** The overrides are called as they are; the rest as methods of `store`. */
  function override<T extends object>(store: T, overrides: Partial<T>): T {
    return new Proxy(store, {
      get: (target, name): unknown => {
        const value: unknown = Reflect.get(name in overrides ? overrides : target, name);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]): unknown => Reflect.apply(value, target, args);
      },
    });
  }

  describe('keystores', () => {
    it('are stored with their MAC, and given back without it', async () => {
      expect(await database.keystores.find(keystore.id)).to.deep.equal(keystore);
      expect(
        (await database.stores.keystores.find(keystore.id))!.authentication.mac,
      ).to.have.length.greaterThan(16);
      expect((await database.keystores.list({controller: ALICE, limit: 9})).results).to.deep.equal([
        keystore,
      ]);
      expect(await database.keystores.find(keystoreUrl())).to.equal(undefined);
      const next = {...keystore, sequence: 1, meterId: 'urn:uuid:1'};
      await database.keystores.update(next, {replaced: keystore, updater: ALICE});
      expect(await database.keystores.find(keystore.id)).to.deep.equal(next);
      await expectRejection(
        database.keystores.update(next, {replaced: keystore, updater: ALICE}),
        KeystoreSequenceError,
      );
    });

    it('that are not stored leave no keys behind', async () => {
      await database.addKeystore();
      const refusedConfig = newKeystore();
      await expectRejection(keystoresWith({}).insert(refusedConfig, QUOTA), QuotaExceededError);
      expect(deleted).to.deep.equal([refusedConfig.id]);
      expect(await database.stores.keyHierarchy.findScope(refusedConfig.id)).to.equal(undefined);
      expect(await database.check()).to.deep.equal([]);
    });

    it('that are there keep their keys, whatever an insertion said', async () => {
      await expectRejection(keystoresWith({}).insert(keystore, QUOTA), DuplicateError);
      expect(deleted).to.deep.equal([]);
      // Stored after all: the database keeps the keys.
      const stored = newKeystore();
      const inserting = keystoresWith({
        insert: async (...args) => {
          await database.stores.keystores.insert(...args);
          throw new UnavailableError('Nobody knows.');
        },
      }).insert(stored, QUOTA);
      expect((await expectRejection(inserting, UnavailableError)).message).to.equal('Nobody knows.');
      expect(deleted).to.deep.equal([stored.id]);
      expect(await database.keystores.find(stored.id)).to.deep.equal(stored);
    });

    it('are authenticated again where another node destroyed the key version meanwhile', async () => {
      for (const failures of [1, 2]) {
        let calls = 0;
        const store = keystoresWith({
          update: (...args) => {
            calls++;
            return calls <= failures
              ? Promise.reject(new KeyNotFoundError('Gone.'))
              : database.stores.keystores.update(...args);
          },
        });
        const updating = store.update({...keystore, sequence: 1}, {replaced: keystore, updater: ALICE});
        if (failures === 1) {
          await updating;
          keystore = {...keystore, sequence: 1};
        } else {
          await expectRejection(updating, KeyNotFoundError);
        }
      }
      expect(refreshed).to.deep.equal([keystore.id, keystore.id]);
    });

    it('that answer for others, or cannot be read, are refused', async () => {
      const other = await database.addKeystore();
      const swapped = keystoresWith({find: () => database.stores.keystores.find(other.id)});
      const error = await expectRejection(swapped.find(keystore.id), TamperedRecordError);
      expect(error.record).to.deep.equal({kind: 'keystore', keystoreId: keystore.id});
      const broken = keystoresWith({
        find: () => Promise.reject(new InternalError(new TypeError('No list.'))),
      });
      await expectRejection(broken.find(keystore.id), TamperedRecordError);
      const down = keystoresWith({find: () => Promise.reject(new UnavailableError('Down.'))});
      await expectRejection(down.find(keystore.id), UnavailableError);
    });

    it('that were authenticated anew while they were read are read again', async () => {
      const old = (await database.stores.keystores.find(keystore.id))!;
      const {stores, hierarchy, authenticator} = database;
      const [, ...dataKeys] = await hierarchy.rotateKeys(keystore.id);
      await stores.keystores.replaceAuthentication(old, await authenticator.authenticateKeystore(keystore));
      const keyRecord = (await stores.keys.find(key))!;
      const next = {...key, sequence: 1};
      await stores.keys.replace([
        {record: {...next, authentication: await authenticator.authenticateKey(next)}, replacedSequence: 0},
      ]);
      await hierarchy.revokeKeyVersion(
        dataKeys.find(({purpose}) => purpose === 'record-mac')!.versions[0]!.id,
      );

      const stale = <T>(first: T, read: () => Promise<T>) => {
        let reads = 0;
        return () => (reads++ === 0 ? Promise.resolve(first) : read());
      };
      const find = stale(old, async () => (await stores.keystores.find(keystore.id))!);
      expect(await keystoresWith({find}).find(keystore.id)).to.deep.equal(keystore);
      const findKey = stale(keyRecord, async () => (await stores.keys.find(key))!);
      expect(await keysWith({find: findKey}).find(key)).to.deep.equal(next);
      // Twice the old one: that is what is stored.
      await expectRejection(keystoresWith({find: async () => old}).find(keystore.id), TamperedRecordError);
      const list = async () => ({results: [keyRecord]});
      await expectRejection(keysWith({list}).list({keystoreId: keystore.id, limit: 1}), TamperedRecordError);
    });
  });

  describe('keys', () => {
    const another = (): KeyRecord => ({...key, localKeyId: 'z1other'});

    it('are stored with their MAC, and given back without it', async () => {
      expect(await database.keys.find(key)).to.deep.equal(key);
      expect((await database.keys.list({keystoreId: keystore.id, limit: 9})).results).to.deep.equal([key]);
      expect(await database.keys.find(another())).to.equal(undefined);
    });

    it('whose key version was destroyed meanwhile are to be made again', async () => {
      const insert = () => Promise.reject(new KeyNotFoundError('Gone.'));
      await expectRejection(keysWith({insert}).insert(another(), {maxPerKeystore: 9}), UnavailableError);
      expect(refreshed).to.deep.equal([keystore.id]);
      await keysWith({}).insert(another(), {maxPerKeystore: 9});
      expect(await database.keys.find(another())).to.deep.equal(another());
    });

    it('are authenticated again where another node destroyed the key version meanwhile', async () => {
      for (const failures of [0, 1, 2]) {
        let calls = 0;
        const next = {...key, sequence: key.sequence + 1, description: `after ${failures}`};
        const store = keysWith({
          update: (...args) =>
            calls++ < failures
              ? Promise.reject(new KeyNotFoundError('Gone.'))
              : database.stores.keys.update(...args),
        });
        if (failures < 2) {
          await store.update(next);
          key = next;
        } else {
          await expectRejection(store.update(next), UnavailableError);
        }
        expect(await database.keys.find(key)).to.deep.equal(key);
      }
      expect(refreshed).to.deep.equal([keystore.id, keystore.id]);
    });

    it('are updated with a new MAC, if nothing has changed meanwhile', async () => {
      const next = {...key, sequence: 1, updatedAt: key.updatedAt + 1, tags: {name: 'key'}};
      const {authentication} = (await database.stores.keys.find(key))!;
      await database.keys.update(next, {keystoreSequence: 0});
      expect(await database.keys.find(key)).to.deep.equal(next);
      expect((await database.stores.keys.find(key))!.authentication.mac).to.not.deep.equal(
        authentication.mac,
      );
      await expectRejection(database.keys.update(next), KeySequenceError);
      const later = {...next, sequence: 2};
      await expectRejection(database.keys.update(later, {keystoreSequence: 1}), KeystoreSequenceError);
      await expectRejection(database.keys.update({...another(), sequence: 1}), KeySequenceError);
      await database.keys.update(later);
    });

    it('are found by name, and are what was asked for', async () => {
      const [first, second] = await Promise.all(
        ['first', 'second'].map((name) => database.addKey(keystore.id, {tags: {name}})),
      );
      const by = {keystoreId: keystore.id, name: 'first'};
      expect(await database.keys.findByName(by)).to.deep.equal(first);
      expect(await database.keys.findByName({...by, name: 'third'})).to.equal(undefined);
      const other = await database.addKeystore();
      const foreign = await database.addKey(other.id, {tags: {name: 'first'}});
      for (const wrong of [second!, foreign]) {
        const swapped = keysWith({findByName: () => database.stores.keys.find(wrong)});
        const {keystoreId, localKeyId} = wrong;
        const error = await expectRejection(swapped.findByName(by), TamperedRecordError);
        expect(error.record).to.deep.equal({kind: 'key', keystoreId, localKeyId});
      }
    });

    it('of a keystore that was deleted meanwhile are not stored', async () => {
      const gone = {...key, keystoreId: keystoreUrl()};
      await expectRejection(database.keys.insert(gone, {maxPerKeystore: 9}), UnavailableError);
      await expectRejection(
        keysWith({insert: () => Promise.reject(new NotFoundError('Gone.'))}).insert(another(), {
          maxPerKeystore: 9,
        }),
        NotFoundError,
      );
    });

    it('that answer for others are refused, in lists too', async () => {
      const second = await database.addKey(keystore.id);
      const swapped = keysWith({find: () => database.stores.keys.find(second)});
      const error = await expectRejection(swapped.find(key), TamperedRecordError);
      expect(error.record).to.deep.equal({kind: 'key', keystoreId: keystore.id, localKeyId: key.localKeyId});
      const other = await database.addKeystore();
      await database.addKey(other.id);
      const list = () => database.stores.keys.list({keystoreId: other.id, limit: 9});
      await expectRejection(keysWith({list}).list({keystoreId: keystore.id, limit: 9}), TamperedRecordError);
    });
  });
});
