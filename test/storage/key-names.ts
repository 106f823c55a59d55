import {expect} from 'chai';
import {generateLocalId} from '../../lib/encoding/local-id.ts';
import {
  DuplicateError,
  KeySequenceError,
  KeystoreSequenceError,
  QuotaExceededError,
} from '../../lib/errors.ts';
import {KeyNotFoundError} from '../../lib/storage/key-errors.ts';
import type {KeyRecord} from '../../lib/storage/key-record.ts';
import type {Authenticated} from '../../lib/storage/record-authentication.ts';
import {makeAuthentication} from './keystore-scope.ts';
import {changed, insertKey, insertKeystore, keystoreUrl, makeKey, tombstone, without} from './records.ts';
import {expectRefusal, fromBoth, plain, race, type StoreTest} from './store-suite.ts';

const named = (name: string) => ({tags: {name, other: 'tag'}});
const WITHOUT_QUOTA = {maxPerKeystore: 99};

/** Part of the contract of KeyRecordStore. */
export function testKeyNames(test: StoreTest): void {
  test('finds a key by its name, in its own keystore', async ({stores, other}) => {
    const [{id: a}, {id: b}] = [await insertKeystore(stores), await insertKeystore(stores)];
    const names = ['key', 'Key', 'ключ 🔑', "it's", '{"name":"x"}', ' '];
    for (const name of names) {
      const key = await insertKey(stores, a, named(name));
      expect(plain(await other.keys.findByName({keystoreId: a, name}))).to.deep.equal(plain(key));
      expect(await stores.keys.findByName({keystoreId: b, name})).to.equal(undefined);
    }
    await insertKey(stores, a, {tags: {other: 'unnamed'}});
    for (const absent of ['', 'KEY', 'tag', 'unnamed', 'x', 'k', '%']) {
      expect(await stores.keys.findByName({keystoreId: a, name: absent})).to.equal(undefined);
    }
    expect(await stores.keys.findByName({keystoreId: keystoreUrl(), name: 'key'})).to.equal(undefined);
  });

  test('finds a key with all its versions by its name', async ({stores}) => {
    const {id} = await insertKeystore(stores);
    const [version] = makeKey(id).versions;
    const versions = [version!, {...version!, version: 2}, {...version!, version: 3}];
    const key = await insertKey(stores, id, {...named('key'), versions});
    expect(plain(await stores.keys.findByName({keystoreId: id, name: 'key'}))).to.deep.equal(plain(key));
  });

  test('gives a name once in a keystore', async ({stores, other}) => {
    const [{id: a}, {id: b}] = [await insertKeystore(stores), await insertKeystore(stores)];
    const first = await insertKey(stores, a, named('key'));
    const refused = makeKey(a, named('key'));
    await expectRefusal(other.keys.insert(refused, WITHOUT_QUOTA), DuplicateError);
    expect(await stores.keys.find(refused)).to.equal(undefined);
    const second = await insertKey(stores, a, named('second'));
    await expectRefusal(other.keys.update(changed(second, named('key'))), DuplicateError);
    expect(plain(await stores.keys.find(second))).to.deep.equal(plain(second));
    await insertKey(stores, b, named('key'));
    // Its own name is no obstacle.
    await stores.keys.update(changed(first, {...named('key'), description: 'the first'}));
    expect(await stores.keys.findByName({keystoreId: a, name: 'key'})).to.have.property('sequence', 1);
  });

  test('lets one of several concurrent writers have a name', async (handles) => {
    const {id} = await insertKeystore(handles.stores);
    const keys: Authenticated<KeyRecord>[] = [];
    for (let count = 0; count < 4; count++) keys.push(await insertKey(handles.stores, id));
    const attempts = fromBoth(handles, 8, (stores, index) =>
      index < 4
        ? stores.keys.update(changed(keys[index]!, named('key')))
        : stores.keys.insert(makeKey(id, named('key')), WITHOUT_QUOTA),
    );
    expect(await race(attempts, DuplicateError)).to.equal(1);
    expect(await handles.other.keys.findByName({keystoreId: id, name: 'key'})).to.not.equal(undefined);
  });

  test('frees a name that is given up, or whose key is deleted', async ({stores}) => {
    const {id} = await insertKeystore(stores);
    const find = (name: string) => stores.keys.findByName({keystoreId: id, name});
    const key = await insertKey(stores, id, named('first'));
    await stores.keys.update(changed(key, named('renamed')));
    expect(await find('first')).to.equal(undefined);
    const unnamed = without(changed(changed(key, named('renamed'))), 'tags');
    await stores.keys.update(unnamed);
    expect(await find('renamed')).to.equal(undefined);
    const heir = await insertKey(stores, id, named('first'));
    await stores.keys.update(tombstone(heir));
    expect(await find('first')).to.equal(undefined);
    await stores.keys.update(changed(unnamed, named('first')));
    expect(await find('first')).to.have.property('localKeyId', key.localKeyId);
  });

  test('says the same of several obstacles each time', async ({stores}) => {
    const keystore = await insertKeystore(stores);
    const {id} = keystore;
    const taken = await insertKey(stores, id, named('taken'));
    const key = await insertKey(stores, id);
    const sealedUnderNothing = {authentication: makeAuthentication(id, 3)};
    const newKey = {...makeKey(id, {...named('taken'), localKeyId: taken.localKeyId}), ...sealedUnderNothing};
    const quota = {maxPerKeystore: 1};
    const insertions = [
      [newKey, {...quota, keystoreSequence: 9}, KeystoreSequenceError],
      [newKey, quota, DuplicateError],
      [{...newKey, localKeyId: generateLocalId()}, quota, DuplicateError],
      [{...newKey, localKeyId: generateLocalId(), tags: {name: 'free'}}, quota, QuotaExceededError],
      [{...newKey, localKeyId: generateLocalId(), tags: {name: 'free'}}, WITHOUT_QUOTA, KeyNotFoundError],
    ] as const;
    for (const [record, options, refusal] of insertions) {
      await expectRefusal(stores.keys.insert(record, options), refusal);
    }
    const flawed = {...changed(key, {...named('taken'), sequence: 5}), ...sealedUnderNothing};
    const updates = [
      [flawed, {keystoreSequence: 9}, KeystoreSequenceError],
      [flawed, {}, KeySequenceError],
      [{...flawed, sequence: 1}, {}, DuplicateError],
      [{...flawed, sequence: 1, tags: {name: 'free'}}, {}, KeyNotFoundError],
    ] as const;
    for (const [record, options, refusal] of updates) {
      await expectRefusal(stores.keys.update(record, options), refusal);
    }
    expect(plain(await stores.keys.find(key))).to.deep.equal(plain(key));
  });
}
