import {expect} from 'chai';
import {InternalError, NotFoundError} from '../../lib/errors.ts';
import {insertKey, insertKeystore, keystoreUrl, changed, tombstone} from './records.ts';
import {describeStore, expectRefusal, fromBoth, type StoreSuiteOptions} from './store-suite.ts';

/** What the implementations of KeyUseStore promise. */
export function describeKeyUseStore(options: StoreSuiteOptions): void {
  describeStore('KeyUseStore', options, (test) => {
    test('adds up the uses of each version of each key, here and elsewhere', async ({stores, other}) => {
      const {id} = await insertKeystore(stores);
      const [key, neighbour] = [await insertKey(stores, id), await insertKey(stores, id)];
      const version = {...key.versions[0]!, version: 2};
      await stores.keys.update(changed(key, {versions: [...key.versions, version]}));
      expect([...(await stores.keyUses.find(key))]).to.deep.equal([]);
      expect(await stores.keyUses.add({...key, version: 1, count: 5})).to.equal(5);
      expect(await other.keyUses.add({...key, version: 1, count: 1})).to.equal(6);
      expect(await stores.keyUses.add({...key, version: 2, count: 2 ** 32})).to.equal(2 ** 32);
      expect(await stores.keyUses.add({...neighbour, version: 1, count: 3})).to.equal(3);
      for (const {keyUses} of [stores, other]) {
        expect([...(await keyUses.find(key))]).to.have.deep.members([
          [1, 6],
          [2, 2 ** 32],
        ]);
        expect([...(await keyUses.find(neighbour))]).to.deep.equal([[1, 3]]);
      }
    });

    test('loses no use in a race, and gives no number twice', async (handles) => {
      const {id} = await insertKeystore(handles.stores);
      const key = await insertKey(handles.stores, id);
      const sums = await Promise.all(
        fromBoth(handles, 20, ({keyUses}) => keyUses.add({...key, version: 1, count: 10})),
      );
      const expected = Array.from({length: 20}, (_, index) => 10 * (index + 1));
      expect(sums.toSorted((a, b) => a - b)).to.deep.equal(expected);
      expect([...(await handles.other.keyUses.find(key))]).to.deep.equal([[1, 200]]);
    });

    test('counts nothing of what is not there', async ({stores}) => {
      const {id} = await insertKeystore(stores);
      const key = await insertKey(stores, id);
      const absent = [
        {...key, version: 2},
        {...key, version: 0},
        {...key, localKeyId: 'other', version: 1},
        {...key, keystoreId: keystoreUrl(), version: 1},
      ];
      for (const use of absent) {
        await expectRefusal(stores.keyUses.add({...use, count: 1}), NotFoundError);
      }
      expect([...(await stores.keyUses.find({...key, localKeyId: 'other'}))]).to.deep.equal([]);
      expect([...(await stores.keyUses.find(key))]).to.deep.equal([]);
      expect(await stores.keyUses.add({...key, version: 1, count: 1})).to.equal(1);
    });

    test('takes counts that are counts, and sums that are exact', async ({stores}) => {
      const {id} = await insertKeystore(stores);
      const key = await insertKey(stores, id);
      for (const count of [0, -1, 0.5, NaN, 2 ** 53]) {
        await expectRefusal(stores.keyUses.add({...key, version: 1, count}), InternalError);
      }
      const most = Number.MAX_SAFE_INTEGER - 1;
      expect(await stores.keyUses.add({...key, version: 1, count: most})).to.equal(most);
      await expectRefusal(stores.keyUses.add({...key, version: 1, count: 2}), InternalError);
      expect(await stores.keyUses.add({...key, version: 1, count: 1})).to.equal(most + 1);
    });

    test('keeps the uses of a deleted key, and none of a deleted keystore', async ({stores}) => {
      const {id, sequence} = await insertKeystore(stores);
      const key = await insertKey(stores, id);
      await stores.keyUses.add({...key, version: 1, count: 4});
      await stores.keys.update(tombstone(key));
      expect([...(await stores.keyUses.find(key))]).to.deep.equal([[1, 4]]);
      await stores.keystores.delete(id, {sequence});
      expect([...(await stores.keyUses.find(key))]).to.deep.equal([]);
      await insertKeystore(stores, {id});
      await insertKey(stores, id, {localKeyId: key.localKeyId});
      expect([...(await stores.keyUses.find(key))]).to.deep.equal([]);
    });
  });
}
