import {expect} from 'chai';
import type {KeystoreConfig} from '../../lib/storage/keystore-config-store.ts';
import type {Stores} from '../../lib/storage/stores.ts';
import {expectList, expectStrictCursors, type ListPage} from './paging.ts';
import {ALICE, BOB, CAROL, insertKey, insertKeystore, next} from './records.ts';
import {plain, type StoreTest} from './store-suite.ts';

const idOf = ({id}: KeystoreConfig): string => id;

const listOf =
  (stores: Stores, controller: string): ListPage<KeystoreConfig> =>
  (page) =>
    stores.keystores.list({controller, ...page});

/** Part of the contract of KeystoreConfigStore. */
export function testListing(test: StoreTest): void {
  test('lists a controller’s keystores in order of creation, in pages', async ({stores, other}) => {
    const ids: string[] = [];
    for (let count = 0; count < 5; count++) {
      ids.push((await insertKeystore(stores, {controller: count === 2 ? [BOB, ALICE, ALICE] : ALICE})).id);
      await insertKeystore(stores, {controller: BOB}, BOB);
    }
    await expectList(listOf(other, ALICE), idOf, ids);
    await expectList(listOf(stores, CAROL), idOf, []);
  });

  test('R50 lists what a controller created or has updated before what others made in its name', async ({
    stores,
  }) => {
    const flood = await insertKeystore(stores, {}, BOB);
    const mine = await insertKeystore(stores);
    const taken = await insertKeystore(stores, {}, BOB);
    const later = await insertKeystore(stores, {controller: [BOB, ALICE]}, BOB);
    await insertKeystore(stores, {controller: BOB}, ALICE);
    await expectList(listOf(stores, ALICE), idOf, [mine, flood, taken, later].map(idOf));

    await stores.keystores.update(next(taken), {replaced: taken, updater: ALICE});
    await stores.keystores.update(next(later), {replaced: later, updater: BOB});
    await expectList(listOf(stores, ALICE), idOf, [mine, taken, flood, later].map(idOf));
  });

  test('R50 keeps an acknowledgement while its controller stays named', async ({stores}) => {
    const others = await insertKeystore(stores, {}, CAROL);
    const first = await insertKeystore(stores, {controller: BOB}, BOB);
    const second = next(first, {controller: [BOB, ALICE]});
    await stores.keystores.update(second, {replaced: first, updater: BOB});
    await expectList(listOf(stores, ALICE), idOf, [others, first].map(idOf));
    const third = next(second);
    await stores.keystores.update(third, {replaced: second, updater: ALICE});
    const fourth = next(third, {controller: [ALICE, CAROL, BOB]});
    await stores.keystores.update(fourth, {replaced: third, updater: BOB});
    await expectList(listOf(stores, ALICE), idOf, [first, others].map(idOf));
    await expectList(listOf(stores, CAROL), idOf, [first].map(idOf));
  });

  test('no longer lists a keystore for a controller that was replaced or that is gone', async ({stores}) => {
    const [transferred, deleted, kept] = [
      await insertKeystore(stores),
      await insertKeystore(stores),
      await insertKeystore(stores),
    ];
    await stores.keystores.update(next(transferred, {controller: BOB}), {
      replaced: transferred,
      updater: ALICE,
    });
    await stores.keystores.delete(deleted.id, {sequence: 0});
    await expectList(listOf(stores, ALICE), idOf, [kept.id]);
    await expectList(listOf(stores, BOB), idOf, [transferred.id]);
  });

  test('R50 counts a keystore for who created it, also when others name them again', async ({stores}) => {
    const others = await insertKeystore(stores, {}, CAROL);
    const mine = await insertKeystore(stores);
    const given = next(mine, {controller: BOB});
    await stores.keystores.update(given, {replaced: mine, updater: ALICE});
    await expectList(listOf(stores, ALICE), idOf, [others.id]);
    await stores.keystores.update(next(given, {controller: [BOB, ALICE]}), {replaced: given, updater: BOB});
    await expectList(listOf(stores, ALICE), idOf, [mine, others].map(idOf));
  });

  test('goes on after a cursor whose keystores were deleted, up to what came in between', async ({
    stores,
  }) => {
    const [first, second] = [await insertKeystore(stores), await insertKeystore(stores)];
    const {cursor} = await stores.keystores.list({controller: ALICE, limit: 1});
    for (const {id} of [second, first]) await stores.keystores.delete(id, {sequence: 0});
    const third = await insertKeystore(stores);
    const rest = await stores.keystores.list({controller: ALICE, limit: 10, cursor});
    expect(plain(rest)).to.deep.equal(plain({results: [third]}));
  });

  test('takes only cursors that it gave', async ({stores}) => {
    const {id} = await insertKeystore(stores);
    await insertKeystore(stores);
    for (let count = 0; count < 2; count++) await insertKey(stores, id);
    const {cursor = ''} = await stores.keys.list({keystoreId: id, limit: 1});
    await expectStrictCursors(listOf(stores, ALICE), [cursor]);
  });
}
