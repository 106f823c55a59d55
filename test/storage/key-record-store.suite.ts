import {expect} from 'chai';
import fc from 'fast-check';
import {generateLocalId} from '../../lib/encoding/local-id.ts';
import {DuplicateError, KeystoreSequenceError, NotFoundError, QuotaExceededError} from '../../lib/errors.ts';
import type {KeyRecord} from '../../lib/storage/key-record.ts';
import type {Stores} from '../../lib/storage/stores.ts';
import {arbitraryKey} from './arbitrary-key.ts';
import {testDueKeys} from './due-keys.ts';
import {testKeyDeletion} from './key-deletion.ts';
import {testKeyMaintenance} from './key-maintenance.ts';
import {testKeyNames} from './key-names.ts';
import {testKeyPages} from './key-pages.ts';
import {testKeyUpdates} from './key-updates.ts';
import {makeAuthentication} from './keystore-scope.ts';
import {testManyVersions} from './many-versions.ts';
import {expectList, expectStrictCursors, type ListPage} from './paging.ts';
import {ALICE, insertKey, insertKeystore, keystoreUrl, makeKey, makeRevocation} from './records.ts';
import {describeStore, expectRefusal, fromBoth, plain, race, type StoreSuiteOptions} from './store-suite.ts';

const WITHOUT_QUOTA = {maxPerKeystore: 1000};
const idOf = ({localKeyId}: KeyRecord): string => localKeyId;

const listOf =
  (stores: Stores, keystoreId: string): ListPage<KeyRecord> =>
  (page) =>
    stores.keys.list({keystoreId, ...page});

/** What the implementations of KeyRecordStore promise. */
export function describeKeyRecordStore(options: StoreSuiteOptions): void {
  describeStore('KeyRecordStore', options, (test) => {
    describe('updates', () => testKeyUpdates(test));
    describe('names', () => testKeyNames(test));
    describe('pages of large keys', () => testKeyPages(test));
    describe('keys of many versions', () => testManyVersions(test));
    describe('deleted keys', () => testKeyDeletion(test));
    describe('what is due', () => testDueKeys(test));
    describe('maintenance', () => testKeyMaintenance(test));

    test('R48 stores no key under a keystore that was changed meanwhile', async ({stores, other}) => {
      const keystore = await insertKeystore(stores);
      const {id, sequence} = keystore;
      const options = {maxPerKeystore: 9, keystoreSequence: sequence};
      await stores.keys.insert(makeKey(id), options);
      const late = makeKey(id);
      const next = {...keystore, sequence: sequence + 1, authentication: makeAuthentication(id, 2)};
      await other.keystores.update(next, {replaced: keystore, updater: ALICE});
      await expectRefusal(stores.keys.insert(late, options), KeystoreSequenceError);
      expect(await stores.keys.find(late)).to.equal(undefined);
      await stores.keys.insert(late, {...options, keystoreSequence: next.sequence});
    });

    test('gives back every record as it was, here and elsewhere', async ({stores, other}) => {
      const {id: keystoreId} = await insertKeystore(stores);
      await fc.assert(
        fc.asyncProperty(arbitraryKey, async (members) => {
          const record = await insertKey(stores, keystoreId, members);
          expect(plain(await stores.keys.find(record))).to.deep.equal(plain(record));
          expect(plain(await other.keys.find(record))).to.deep.equal(plain(record));
        }),
        {numRuns: 50},
      );
    });

    test('takes bytes that are a view of a larger buffer', async ({stores}) => {
      const {id} = await insertKeystore(stores);
      const material = Uint8Array.from({length: 32}, (_, index) => index).subarray(8, 12);
      const record = await insertKey(stores, id, {
        versions: [{version: 1, createdAt: 0, state: 'enabled', material}],
      });
      const found = await stores.keys.find(record);
      expect(plain(found?.versions[0]?.material)).to.equal('0x08090a0b');
    });

    test('finds a key in its own keystore only', async ({stores}) => {
      const [{id: a}, {id: b}] = [await insertKeystore(stores), await insertKeystore(stores)];
      const {localKeyId} = await insertKey(stores, a);
      expect(await stores.keys.find({keystoreId: a, localKeyId})).to.have.property('keystoreId', a);
      for (const keystoreId of [b, keystoreUrl(), '']) {
        expect(await stores.keys.find({keystoreId, localKeyId})).to.equal(undefined);
      }
      for (const absent of [generateLocalId(), localKeyId.toLowerCase(), localKeyId.slice(1), '']) {
        expect(await stores.keys.find({keystoreId: a, localKeyId: absent})).to.equal(undefined);
      }
    });

    test('refuses an id that exists, and leaves what is stored as it is', async ({stores, other}) => {
      const [{id: a}, {id: b}] = [await insertKeystore(stores), await insertKeystore(stores)];
      const record = await insertKey(stores, a);
      const {localKeyId} = record;
      await expectRefusal(other.keys.insert(makeKey(a, {localKeyId}), WITHOUT_QUOTA), DuplicateError);
      expect(plain(await stores.keys.find(record))).to.deep.equal(plain(record));
      expect((await stores.keys.list({keystoreId: a, limit: 9})).results).to.have.lengthOf(1);
      // Unique in its keystore, not everywhere.
      await other.keys.insert(makeKey(b, {localKeyId}), WITHOUT_QUOTA);
      expect(await stores.keys.find({keystoreId: b, localKeyId})).to.have.property('keystoreId', b);
    });

    test('lets one of several concurrent insertions of an id win', async (handles) => {
      const {id} = await insertKeystore(handles.stores);
      const localKeyId = generateLocalId();
      const attempts = fromBoth(handles, 8, (stores) =>
        stores.keys.insert(makeKey(id, {localKeyId}), WITHOUT_QUOTA),
      );
      expect(await race(attempts, DuplicateError)).to.equal(1);
    });

    test('refuses a key of a keystore that does not exist, or not any more', async ({stores}) => {
      const {id} = await insertKeystore(stores);
      await expectRefusal(stores.keys.insert(makeKey(keystoreUrl()), WITHOUT_QUOTA), NotFoundError);
      await stores.keystores.delete(id, {sequence: 0});
      await expectRefusal(stores.keys.insert(makeKey(id), WITHOUT_QUOTA), NotFoundError);
      await insertKeystore(stores, {id});
      expect((await stores.keys.list({keystoreId: id, limit: 9})).results).to.deep.equal([]);
      await stores.keys.insert(makeKey(id), WITHOUT_QUOTA);
    });

    test('counts the quota by keystore', async ({stores}) => {
      const [{id: a}, {id: b}] = [await insertKeystore(stores), await insertKeystore(stores)];
      for (const id of [a, a, b]) await stores.keys.insert(makeKey(id), {maxPerKeystore: 2});
      const refused = makeKey(a);
      await expectRefusal(stores.keys.insert(refused, {maxPerKeystore: 2}), QuotaExceededError);
      expect(await stores.keys.find(refused)).to.equal(undefined);
      await stores.keys.insert(makeKey(b), {maxPerKeystore: 2});
      await stores.keys.insert(refused, {maxPerKeystore: 3});
      expect(await stores.keys.find(refused)).to.have.property('localKeyId', refused.localKeyId);
    });

    test('counts for the quota what others insert since it was counted', async ({stores, other}) => {
      const [{id}, {id: another}] = [await insertKeystore(stores), await insertKeystore(stores)];
      const quota = {maxPerKeystore: 6};
      await stores.keys.insert(makeKey(id), quota);
      await insertKey(other, id);
      await stores.keys.insert(makeKey(id), quota);
      for (let count = 0; count < 10; count++) await insertKey(other, another);
      for (let count = 0; count < 2; count++) await insertKey(other, id);
      await stores.keys.insert(makeKey(id), quota);
      await expectRefusal(stores.keys.insert(makeKey(id), quota), QuotaExceededError);
    });

    test('never exceeds the quota in a race', async (handles) => {
      const {id} = await insertKeystore(handles.stores);
      const attempts = fromBoth(handles, 12, (stores) =>
        stores.keys.insert(makeKey(id), {maxPerKeystore: 5}),
      );
      expect(await race(attempts, QuotaExceededError)).to.equal(5);
      expect((await handles.other.keys.list({keystoreId: id, limit: 99})).results).to.have.lengthOf(5);
    });

    test('lists a keystore’s keys in order of creation, in pages, whole', async ({stores, other}) => {
      const [{id: a}, {id: b}] = [await insertKeystore(stores), await insertKeystore(stores)];
      const records: KeyRecord[] = [];
      for (let count = 0; count < 5; count++) {
        const version = {createdAt: 0, state: 'enabled' as const, material: Uint8Array.of(count)};
        const versions = Array.from({length: count + 1}, (_, index) => ({version: index + 1, ...version}));
        records.push(await insertKey(stores, a, {createdAt: 1000 - count, versions}));
        await insertKey(stores, b);
      }
      await expectList(listOf(other, a), idOf, records.map(idOf));
      await expectList(listOf(stores, keystoreUrl()), idOf, []);
      const {results} = await stores.keys.list({keystoreId: a, limit: 9});
      expect(plain(results)).to.deep.equal(plain(records));
    });

    test('takes only cursors that it gave', async ({stores}) => {
      const {id} = await insertKeystore(stores);
      await insertKeystore(stores);
      for (let count = 0; count < 2; count++) {
        await insertKey(stores, id);
        await stores.revocations.insert(makeRevocation(id), {});
      }
      const foreign = [
        await stores.keystores.list({controller: ALICE, limit: 1}),
        await stores.revocations.list({keystoreId: id, limit: 1}),
      ].map(({cursor = ''}) => cursor);
      await expectStrictCursors(listOf(stores, id), foreign);
    });
  });
}
