import {expect} from 'chai';
import {KeyInUseError, KeyNotFoundError} from '../../lib/storage/key-errors.ts';
import {insertKeystoreScope, macKeyVersion, makeAuthentication} from './keystore-scope.ts';
import {expectList, expectStrictCursors, type ListPage} from './paging.ts';
import {ALICE, BOB, insertKey, insertKeystore, makeKeystore, next} from './records.ts';
import {expectRefusal, fromBoth, plain, type StoreTest} from './store-suite.ts';
import type {Stores} from '../../lib/storage/stores.ts';

const WITHOUT_QUOTA = {creator: ALICE, maxPerCreator: 1000};

const listOf =
  ({keystores}: Stores): ListPage<string> =>
  (page) =>
    keystores.listIds(page);

/** Part of the contract of KeystoreMaintenance. */
export function testMaintenance(test: StoreTest): void {
  test('lists the ids of all keystores in order of creation, in pages', async ({stores, other}) => {
    await expectList(listOf(stores), String, []);
    const ids: string[] = [];
    for (const creator of [ALICE, BOB, ALICE, BOB]) {
      ids.push((await insertKeystore(stores, {controller: creator}, creator)).id);
    }
    await expectList(listOf(other), String, ids);
    await stores.keystores.delete(ids[1]!, {sequence: 0});
    await expectList(listOf(other), String, ids.toSpliced(1, 1));
  });

  test('takes only cursors that its list of ids gave', async ({stores}) => {
    const {id} = await insertKeystore(stores);
    await insertKeystore(stores);
    for (let count = 0; count < 2; count++) await insertKey(stores, id);
    const foreign = [
      await stores.keystores.list({controller: ALICE, limit: 1}),
      await stores.keys.list({keystoreId: id, limit: 1}),
      await stores.keys.listIds({keystoreId: id, limit: 1}),
    ].map(({cursor = ''}) => cursor);
    await expectStrictCursors(listOf(stores), foreign);
  });

  test('replaces the authentication of a config, and nothing else of it', async ({stores, other}) => {
    const config = await insertKeystore(stores, {controller: [ALICE, BOB], meterId: 'urn:uuid:1'});
    const neighbour = await insertKeystore(stores);
    const authentication = makeAuthentication(config.id, 2);
    expect(await stores.keystores.replaceAuthentication(config, authentication)).to.equal(true);
    expect(plain(await other.keystores.find(config.id))).to.deep.equal(plain({...config, authentication}));
    expect(plain(await other.keystores.find(neighbour.id))).to.deep.equal(plain(neighbour));
  });

  test('replaces no authentication but the very one that was read', async ({stores, other}) => {
    const first = await insertKeystore(stores);
    const second = next(first);
    await other.keystores.update(second, {replaced: first, updater: ALICE});
    const replacement = makeAuthentication(first.id, 1);
    const stale = [
      first,
      {...first, sequence: 1},
      {...second, sequence: 0},
      {...second, sequence: 2},
      {...second, id: makeKeystore().id},
    ];
    for (const replaced of stale) {
      expect(await stores.keystores.replaceAuthentication(replaced, replacement)).to.equal(false);
    }
    expect(plain(await stores.keystores.find(first.id))).to.deep.equal(plain(second));
    expect(await stores.keystores.replaceAuthentication(second, replacement)).to.equal(true);
    // An update that read the config before wins all the same: clients saw nothing change.
    const third = next(second);
    await stores.keystores.update(third, {replaced: second, updater: ALICE});
    expect(plain(await other.keystores.find(first.id))).to.deep.equal(plain(third));
  });

  test('lets one of several concurrent replacements of an authentication win', async (handles) => {
    const config = await insertKeystore(handles.stores);
    const answers = await Promise.all(
      fromBoth(handles, 8, ({keystores}) =>
        keystores.replaceAuthentication(config, makeAuthentication(config.id, 2)),
      ),
    );
    expect(answers.filter(Boolean)).to.have.lengthOf(1);
  });

  test('refuses a config that names a data key version which is not there', async ({stores}) => {
    const config = makeKeystore();
    await expectRefusal(stores.keystores.insert(config, WITHOUT_QUOTA), KeyNotFoundError);
    expect(await stores.keystores.find(config.id)).to.equal(undefined);
    await insertKeystoreScope(stores, config.id);
    await stores.keystores.insert(config, WITHOUT_QUOTA);

    const authentication = makeAuthentication(config.id, 3);
    const update = {...next(config), authentication};
    const options = {replaced: config, updater: ALICE};
    await expectRefusal(stores.keystores.update(update, options), KeyNotFoundError);
    await expectRefusal(stores.keystores.replaceAuthentication(config, authentication), KeyNotFoundError);
    expect(plain(await stores.keystores.find(config.id))).to.deep.equal(plain(config));
    await stores.keystores.update(next(config), options);
  });

  test('keeps a data key version while the config names it, and no longer', async ({stores, other}) => {
    const config = await insertKeystore(stores);
    const version = macKeyVersion(config.id, 1);
    await expectRefusal(other.keyHierarchy.deleteDataKeyVersion(version), KeyInUseError);
    await stores.keystores.replaceAuthentication(config, makeAuthentication(config.id, 2));
    expect(await other.keyHierarchy.deleteDataKeyVersion(version)).to.equal(true);
    expect(await stores.keystores.find(config.id)).to.have.property('id', config.id);
  });
}
