import {expect} from 'chai';
import {DuplicateError, InternalError, InvalidStateError, QuotaExceededError} from '../../lib/errors.ts';
import {expectList} from './paging.ts';
import {changed, insertKey, insertKeystore, makeKey, NOW, tombstone, without} from './records.ts';
import {expectRefusal, plain, type StoreTest} from './store-suite.ts';

const PENDING = {
  state: 'pendingDeletion',
  deletion: {requestedAt: NOW, destroyAt: NOW + 1, restoresTo: 'disabled'},
} as const;

/** Part of the contract of KeyRecordStore. */
export function testKeyDeletion(test: StoreTest): void {
  test('lists all keys but deleted ones, and all ids', async ({stores, other}) => {
    const {id} = await insertKeystore(stores);
    const keys = [];
    for (let count = 0; count < 7; count++) keys.push(await insertKey(stores, id));
    for (const index of [0, 3, 6]) await stores.keys.update(tombstone(keys[index]!));
    await stores.keys.update(changed(keys[1]!, PENDING));
    const ids = keys.map(({localKeyId}) => localKeyId);
    const list = (page: {limit: number; cursor?: string | undefined}) =>
      other.keys.list({keystoreId: id, ...page});
    await expectList(
      list,
      ({localKeyId}) => localKeyId,
      ids.filter((_, index) => ![0, 3, 6].includes(index)),
    );
    await expectList((page) => other.keys.listIds({keystoreId: id, ...page}), String, ids);
  });

  test('a deleted key is found, never comes back, and never gives its id to another', async ({stores}) => {
    const {id} = await insertKeystore(stores);
    const key = await insertKey(stores, id, {description: 'text', policy: {exportable: true}});
    const deleted = tombstone(key);
    await stores.keys.update(deleted);
    expect(plain(await stores.keys.find(key))).to.deep.equal(plain(deleted));
    const [version] = makeKey(id).versions;
    const bad = [
      changed(deleted, {state: 'pendingDeletion'}),
      {...without(changed(deleted), 'deletion'), state: 'enabled' as const},
      changed(deleted, {versions: key.versions}),
      changed(deleted, {versions: [...deleted.versions, {...version!, version: 2}]}),
      changed(deleted, {tags: {name: 'again'}}),
      changed(deleted, {dueAt: 1}),
    ];
    for (const record of bad) {
      await expectRefusal(stores.keys.update(record), InternalError);
      expect(plain(await stores.keys.find(key))).to.deep.equal(plain(deleted));
    }
    const heir = makeKey(id, {localKeyId: key.localKeyId});
    await expectRefusal(stores.keys.insert(heir, {maxPerKeystore: 9}), DuplicateError);
  });

  test('a key whose material is there cannot be deleted', async ({stores}) => {
    const {id} = await insertKeystore(stores);
    const key = await insertKey(stores, id);
    const bad = {...tombstone(key), versions: key.versions};
    await expectRefusal(stores.keys.update(bad), InternalError);
    expect(plain(await stores.keys.find(key))).to.deep.equal(plain(key));
    await stores.keys.update(tombstone(key));
  });

  test('deleted keys do not count for the quota; what can be restored does', async ({stores}) => {
    const {id} = await insertKeystore(stores);
    const quota = {maxPerKeystore: 2};
    const [first, second] = [await insertKey(stores, id), await insertKey(stores, id)];
    const pending = changed(first, PENDING);
    await stores.keys.update(pending);
    await expectRefusal(stores.keys.insert(makeKey(id), quota), QuotaExceededError);
    await stores.keys.update(tombstone(pending));
    await stores.keys.insert(makeKey(id), quota);
    await expectRefusal(stores.keys.insert(makeKey(id), quota), QuotaExceededError);
    await stores.keys.update(tombstone(second));
    await stores.keys.insert(makeKey(id), quota);
  });

  test('a keystore is deleted with what is left of deleted keys, and with no others', async ({
    stores,
    other,
  }) => {
    const {id, sequence} = await insertKeystore(stores);
    const [first, second] = [await insertKey(stores, id), await insertKey(stores, id)];
    const pending = changed(second, PENDING);
    await stores.keys.update(tombstone(first));
    for (const key of [pending, undefined]) {
      if (key) await stores.keys.update(key);
      await expectRefusal(stores.keystores.delete(id, {sequence}), InvalidStateError);
      expect(await other.keys.find(first)).to.have.property('state', 'deleted');
    }
    await stores.keys.update(tombstone(pending));
    await stores.keystores.delete(id, {sequence});
    for (const key of [first, second]) expect(await other.keys.find(key)).to.equal(undefined);
    expect(await other.keystores.find(id)).to.equal(undefined);
    expect(await other.keyHierarchy.findScope(id)).to.equal(undefined);
  });
}
