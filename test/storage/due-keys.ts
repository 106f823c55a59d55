import {expect} from 'chai';
import {InternalError} from '../../lib/errors.ts';
import type {KeyRecord} from '../../lib/storage/key-record.ts';
import type {KeyRecordId} from '../../lib/storage/key-record-store.ts';
import type {Stores} from '../../lib/storage/stores.ts';
import {changed, insertKey, insertKeystore, keystoreUrl, tombstone, without} from './records.ts';
import {expectRefusal, type StoreTest} from './store-suite.ts';

const idOf = ({keystoreId, localKeyId}: KeyRecordId): string => `${keystoreId}/keys/${localKeyId}`;

/** All that are due, as who works through them asks for them. */
async function pagesOf({keys}: Stores, at: number, limit: number): Promise<string[]> {
  const ids: string[] = [];
  let after: Parameters<Stores['keys']['listDue']>[0]['after'];
  for (;;) {
    const page = await keys.listDue({at, limit, after});
    expect(page.length).to.be.at.most(limit);
    ids.push(...page.map(idOf));
    const last = page.at(-1);
    if (!last) return ids;
    after = last;
  }
}

/** Part of the contract of KeyMaintenance. */
export function testDueKeys(test: StoreTest): void {
  test('lists the keys of all keystores that are due, those due longest first', async ({stores, other}) => {
    const [{id: a}, {id: b}] = [await insertKeystore(stores), await insertKeystore(stores)];
    const dueAts = [30, 10, 20, 10, 40, 0, -5, 20];
    const keys: KeyRecord[] = [];
    for (const [index, dueAt] of dueAts.entries()) {
      keys.push(await insertKey(stores, index % 3 === 0 ? b : a, {dueAt}));
      await insertKey(stores, a);
    }
    const expected = (at: number) =>
      keys
        .filter(({dueAt}) => dueAt! <= at)
        .toSorted((one, another) => one.dueAt! - another.dueAt!)
        .map(idOf);
    for (const at of [-6, -5, 9, 10, 19, 20, 1000]) {
      for (const limit of [1, 2, 3, 100]) {
        expect(await pagesOf(other, at, limit), `at ${at}, limit ${limit}`).to.deep.equal(expected(at));
      }
    }
    const [first] = await stores.keys.listDue({at: 100, limit: 1});
    const {localKeyId} = keys[6]!;
    expect(first).to.deep.equal({keystoreId: b, localKeyId, dueAt: -5});
    for (const limit of [0, -1, 0.5]) await expectRefusal(stores.keys.listDue({at: 0, limit}), InternalError);
  });

  test('forgets what is due no more', async ({stores}) => {
    const {id} = await insertKeystore(stores);
    const key = await insertKey(stores, id, {dueAt: 5});
    const other = await insertKey(stores, id, {dueAt: 6});
    expect((await stores.keys.listDue({at: 9, limit: 9})).map(idOf)).to.deep.equal([key, other].map(idOf));
    const later = changed(key, {dueAt: 10});
    await stores.keys.update(later);
    await stores.keys.update(tombstone(other));
    expect(await stores.keys.listDue({at: 9, limit: 9})).to.deep.equal([]);
    await stores.keys.update(without(changed(later), 'dueAt'));
    expect(await stores.keys.listDue({at: 99, limit: 9})).to.deep.equal([]);
  });

  test('goes on after a key that is due no more, or is not there any more', async ({stores}) => {
    const {id} = await insertKeystore(stores);
    const [first, second] = [
      await insertKey(stores, id, {dueAt: 5}),
      await insertKey(stores, id, {dueAt: 5}),
    ];
    await stores.keys.update(changed(first, {dueAt: 99}));
    const after = {keystoreId: id, localKeyId: first.localKeyId, dueAt: 5};
    expect((await stores.keys.listDue({at: 9, limit: 9, after})).map(idOf)).to.deep.equal([idOf(second)]);
    const gone = {...after, keystoreId: keystoreUrl()};
    expect((await stores.keys.listDue({at: 9, limit: 9, after: gone})).map(idOf)).to.deep.equal([
      idOf(second),
    ]);
    const last = {...after, localKeyId: second.localKeyId};
    expect(await stores.keys.listDue({at: 9, limit: 9, after: last})).to.deep.equal([]);
  });
}
