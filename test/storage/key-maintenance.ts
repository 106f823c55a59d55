import {expect} from 'chai';
import {InternalError} from '../../lib/errors.ts';
import {KeyInUseError, KeyNotFoundError} from '../../lib/storage/key-errors.ts';
import type {KeyRecordReplacement} from '../../lib/storage/key-record-store.ts';
import type {Stores} from '../../lib/storage/stores.ts';
import {macKeyVersion, makeAuthentication, materialKeyVersion} from './keystore-scope.ts';
import {expectList, expectStrictCursors, type ListPage} from './paging.ts';
import {ALICE, insertKey, insertKeystore, keystoreUrl, makeKey, resealed} from './records.ts';
import {expectRefusal, fromBoth, plain, type StoreTest} from './store-suite.ts';

const replacementOf = (record: KeyRecordReplacement['record']): KeyRecordReplacement => ({
  record: resealed(record),
  replacedSequence: record.sequence,
});

const idsOf =
  ({keys}: Stores, keystoreId: string): ListPage<string> =>
  (page) =>
    keys.listIds({keystoreId, ...page});

/** Part of the contract of KeyMaintenance. */
export function testKeyMaintenance(test: StoreTest): void {
  test('lists the ids of a keystore’s keys in order of creation, in pages', async ({stores, other}) => {
    const [{id: a}, {id: b}] = [await insertKeystore(stores), await insertKeystore(stores)];
    const ids: string[] = [];
    for (let count = 0; count < 5; count++) {
      ids.push((await insertKey(stores, a)).localKeyId);
      await insertKey(stores, b);
    }
    await expectList(idsOf(other, a), String, ids);
    await expectList(idsOf(stores, keystoreUrl()), String, []);
  });

  test('takes only cursors that its list of ids gave', async ({stores}) => {
    const {id} = await insertKeystore(stores);
    await insertKeystore(stores);
    for (let count = 0; count < 2; count++) await insertKey(stores, id);
    const foreign = [
      await stores.keys.list({keystoreId: id, limit: 1}),
      await stores.keystores.list({controller: ALICE, limit: 1}),
      await stores.keystores.listIds({limit: 1}),
    ].map(({cursor = ''}) => cursor);
    await expectStrictCursors(idsOf(stores, id), foreign);
  });

  test('replaces records, here and elsewhere', async ({stores, other}) => {
    const {id} = await insertKeystore(stores);
    const versions = makeKey(id).versions;
    const two = await insertKey(stores, id, {versions: [...versions, {...versions[0]!, version: 2}]});
    const [one, kept] = [await insertKey(stores, id), await insertKey(stores, id)];
    const replacements = [two, one].map(replacementOf);
    expect(await stores.keys.replace(replacements)).to.deep.equal([true, true]);
    for (const {record} of replacements) {
      expect(plain(await other.keys.find(record))).to.deep.equal(plain(record));
    }
    expect(plain(await other.keys.find(kept))).to.deep.equal(plain(kept));
    expect(await stores.keys.replace([])).to.deep.equal([]);
  });

  test('replaces a record only where the stored sequence is the one that was read', async ({stores}) => {
    const {id} = await insertKeystore(stores);
    const [stale, gone, fresh] = [await insertKey(stores, id), makeKey(id), await insertKey(stores, id)];
    const [newer] = [stale].map(replacementOf);
    expect(await stores.keys.replace([newer!])).to.deep.equal([true]);
    const ahead = {...replacementOf({...fresh, sequence: 1}), replacedSequence: 1};
    const replacements = [replacementOf(stale), replacementOf(gone), ahead, replacementOf(fresh)];
    expect(await stores.keys.replace(replacements)).to.deep.equal([false, false, false, true]);
    expect(plain(await stores.keys.find(stale))).to.deep.equal(plain(newer!.record));
    expect(await stores.keys.find(gone)).to.equal(undefined);
    expect(plain(await stores.keys.find(fresh))).to.deep.equal(plain(replacements[3]!.record));
  });

  test('lets one of several concurrent replacements of a record win', async (handles) => {
    const {id} = await insertKeystore(handles.stores);
    const record = await insertKey(handles.stores, id);
    const replacements = Array.from({length: 8}, () => replacementOf(record));
    const answers = await Promise.all(
      fromBoth(handles, 8, ({keys}, index) => keys.replace([replacements[index]!])),
    );
    const winners = replacements.filter((_, index) => answers[index]![0]);
    expect(winners).to.have.lengthOf(1);
    expect(plain(await handles.other.keys.find(record))).to.deep.equal(plain(winners[0]!.record));
  });

  test('never replaces what a record is', async ({stores}) => {
    const {id} = await insertKeystore(stores);
    const record = await insertKey(stores, id);
    const {record: good} = replacementOf(record);
    const [version] = good.versions;
    const bad = [
      {...good, sequence: 0},
      {...good, sequence: 2},
      {...good, type: 'Ed25519VerificationKey2018'},
      {...good, createdAt: good.createdAt + 1},
      {...good, versions: []},
      {...good, versions: [version!, {...version!, version: 2}]},
      {...good, versions: [{...version!, version: 2}]},
      {...good, versions: [{...version!, createdAt: 0}]},
      {...good, versions: [{...version!, publicKey: Uint8Array.of(1)}]},
      {...good, versions: [{...version!, material: new Uint8Array()}]},
    ];
    const neighbour = await insertKey(stores, id);
    for (const record of bad) {
      const both = [replacementOf(neighbour), {record, replacedSequence: 0}];
      await expectRefusal(stores.keys.replace(both), InternalError);
    }
    // All or nothing: the good one beside a bad one was not replaced either.
    for (const kept of [record, neighbour]) {
      expect(plain(await stores.keys.find(kept))).to.deep.equal(plain(kept));
    }
    expect(await stores.keys.replace([{record: good, replacedSequence: 0}])).to.deep.equal([true]);
  });

  test('refuses a record that names a data key version which is not there', async ({stores}) => {
    const {id} = await insertKeystore(stores);
    const record = await insertKey(stores, id);
    const [version] = record.versions;
    const sealedUnder = (dataKeyVersionId: string) => ({versions: [{...version!, dataKeyVersionId}]});
    const flaws = [
      sealedUnder(materialKeyVersion(id, 3)),
      sealedUnder(''),
      {authentication: makeAuthentication(id, 3)},
    ];
    for (const flaw of flaws) {
      const absent = {...makeKey(id), ...flaw};
      await expectRefusal(stores.keys.insert(absent, {maxPerKeystore: 9}), KeyNotFoundError);
      expect(await stores.keys.find(absent)).to.equal(undefined);
      const replacement = {record: {...resealed(record), ...flaw}, replacedSequence: 0};
      await expectRefusal(stores.keys.replace([replacement]), KeyNotFoundError);
      expect(plain(await stores.keys.find(record))).to.deep.equal(plain(record));
    }
    await stores.keys.insert(makeKey(id), {maxPerKeystore: 9});
  });

  test('refuses a record that is sealed or authenticated with another keystore’s keys', async ({stores}) => {
    const [{id: a}, {id: b}] = [await insertKeystore(stores), await insertKeystore(stores)];
    const record = await insertKey(stores, a);
    const {versions, authentication} = makeKey(b);
    for (const foreign of [{versions}, {authentication}]) {
      const insertion = stores.keys.insert({...makeKey(a), ...foreign}, {maxPerKeystore: 9});
      await expectRefusal(insertion, InternalError);
      const publicKey = record.versions[0]!.publicKey!;
      const replacement = {...resealed(record), ...foreign};
      const samePublicKey = replacement.versions.map((version) => ({...version, publicKey}));
      await expectRefusal(
        stores.keys.replace([{record: {...replacement, versions: samePublicKey}, replacedSequence: 0}]),
        InternalError,
      );
    }
    expect(plain(await stores.keys.find(record))).to.deep.equal(plain(record));
    await insertKey(stores, b, {versions});
  });

  test('keeps the data key versions that a record names, and no longer', async ({stores, other}) => {
    const {id} = await insertKeystore(stores);
    const record = await insertKey(stores, id);
    const config = (await stores.keystores.find(id))!;
    await stores.keystores.replaceAuthentication(config, makeAuthentication(id, 2));
    const versions = [materialKeyVersion(id, 1), macKeyVersion(id, 1)];
    for (const version of versions) {
      await expectRefusal(other.keyHierarchy.deleteDataKeyVersion(version), KeyInUseError);
    }
    await stores.keys.replace([replacementOf(record)]);
    for (const version of versions) {
      expect(await other.keyHierarchy.deleteDataKeyVersion(version)).to.equal(true);
    }
    expect(await stores.keys.find(record)).to.have.property('sequence', 1);
  });

  test('finds and counts what is sealed or authenticated under given versions', async ({stores, other}) => {
    const [{id: a}, {id: b}] = [await insertKeystore(stores), await insertKeystore(stores)];
    const sealed = await insertKey(stores, a);
    const {versions} = resealed(makeKey(a));
    const authenticated = await insertKey(stores, a, {versions});
    const current = await insertKey(stores, a);
    await stores.keys.replace([replacementOf(current)]);
    const [version] = makeKey(a).versions;
    const both = await insertKey(stores, a, {versions: [version!, {...version!, version: 2}]});
    await insertKey(stores, a, {
      versions: [{version: 1, createdAt: 0, state: 'enabled', material: Uint8Array.of(1)}],
    }).then(async (record) => {
      // Its material is a reference to a module's own storage.
      const replacement = {...record, sequence: 1, authentication: makeAuthentication(a, 2)};
      await stores.keys.replace([{record: replacement, replacedSequence: 0}]);
    });
    await insertKey(stores, b);

    const expectUnder = async (dataKeyVersionIds: readonly string[], expected: readonly unknown[]) => {
      const under = {keystoreId: a, dataKeyVersionIds};
      const found = await other.keys.listSealedUnder({...under, limit: 9});
      expect(found.map(plain)).to.have.deep.members(expected.map(plain));
      expect(found).to.have.lengthOf(expected.length);
      expect(await other.keys.countSealedUnder(under)).to.equal(expected.length);
    };
    const [material, mac] = [materialKeyVersion(a), macKeyVersion(a)];
    await expectUnder([material], [sealed, both]);
    await expectUnder([mac], [sealed, authenticated, both]);
    await expectUnder([mac, material, mac], [sealed, authenticated, both]);
    await expectUnder([materialKeyVersion(a, 3)], []);
    await expectUnder([materialKeyVersion(b), macKeyVersion(b)], []);
    await expectUnder([], []);
    for (const limit of [1, 2, 3, 4]) {
      const found = await stores.keys.listSealedUnder({
        ...{keystoreId: a, dataKeyVersionIds: [material, mac], limit},
      });
      expect(found).to.have.lengthOf(Math.min(limit, 3));
    }
  });
}
