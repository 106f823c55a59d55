import {expect} from 'chai';
import {DuplicateError, InternalError} from '../../lib/errors.ts';
import {KeyInUseError, KeyNotFoundError} from '../../lib/storage/key-errors.ts';
import type {ScopeKeysAddition, ScopeKeysRecord} from '../../lib/storage/key-hierarchy-store.ts';
import type {Stores} from '../../lib/storage/stores.ts';
import {
  inAnyOrder,
  insertFirstKeys,
  insertRoot,
  makeDataKey,
  makeDataKeyVersion,
  makeRootKeyVersion,
  makeRotation,
  randomBlob,
  rotate,
  withAdded,
} from './key-hierarchy-records.ts';
import {expectRefusal, fromBoth, race, type StoreTest} from './store-suite.ts';

const expectStored = async ({keyHierarchy}: Stores, record: ScopeKeysRecord): Promise<void> =>
  void expect(inAnyOrder(await keyHierarchy.findScope(record.scope))).to.deep.equal(inAnyOrder(record));

/** What seals all of a scope's data key versions anew under its newest root key version. */
const resealAll = ({rootKeyVersions, dataKeys}: ScopeKeysRecord) =>
  dataKeys
    .flatMap(({versions}) => versions)
    .filter(({rootKeyVersionId}) => rootKeyVersionId !== rootKeyVersions.at(-1)!.id)
    .map(({id, blob}) => ({
      id,
      rootKeyVersionId: rootKeyVersions.at(-1)!.id,
      blob: randomBlob(),
      replacedBlob: blob,
    }));

/** Makes the root wrapper's sealer name the version: the one reference that every store has. */
const refer = ({keyHierarchy}: Stores, rootWrapperId: string, dataKeyVersionId: string): Promise<boolean> =>
  keyHierarchy.updateRootWrapper(rootWrapperId, {
    from: 'active',
    to: 'active',
    sealer: {blob: randomBlob(), dataKeyVersionId},
  });

function testAdditions(test: StoreTest): void {
  test('adds new versions of all keys, and new keys, as one write', async ({stores, other}) => {
    const {id} = await insertRoot(stores);
    const first = await insertFirstKeys(stores, [id]);
    const neighbour = await insertFirstKeys(stores, [id]);
    const second = await rotate(stores, first, [id]);
    await expectStored(other, second);
    const rotation = makeRotation(second, [id]);
    const all = {...rotation, dataKeys: [makeDataKey(rotation.rootKeyVersion.id, 'c')]};
    await other.keyHierarchy.addKeys(first.scope, all);
    await expectStored(stores, withAdded(second, all));
    const parts: ScopeKeysAddition[] = [
      {},
      {dataKeys: [makeDataKey(first.rootKeyVersions[0]!.id, 'd')]},
      {rootKeyVersion: makeRootKeyVersion([id], 4)},
    ];
    let record = withAdded(second, all);
    for (const part of parts) {
      await stores.keyHierarchy.addKeys(first.scope, part);
      await expectStored(other, (record = withAdded(record, part)));
    }
    await expectStored(stores, neighbour);
  });

  test('refuses what another has added meanwhile, whole', async ({stores, other}) => {
    const {id} = await insertRoot(stores);
    const first = await insertFirstKeys(stores, [id]);
    const {rootKeyVersion, dataKeyVersions} = makeRotation(first, [id]);
    const [a, b] = dataKeyVersions;
    const underFirst = {rootKeyVersionId: first.rootKeyVersions[0]!.id};
    const newKey = makeDataKey(first.rootKeyVersions[0]!.id, 'c');
    await other.keyHierarchy.addKeys(first.scope, {
      dataKeyVersions: [{...makeDataKeyVersion(underFirst.rootKeyVersionId, 2), dataKeyId: b!.dataKeyId}],
      dataKeys: [newKey],
    });
    const added = (await other.keyHierarchy.findScope(first.scope))!;
    const late: ScopeKeysAddition[] = [
      {rootKeyVersion, dataKeyVersions},
      {
        dataKeys: [
          makeDataKey(underFirst.rootKeyVersionId, 'd'),
          {...makeDataKey(underFirst.rootKeyVersionId, 'c')},
        ],
      },
      {
        dataKeyVersions: [
          {...a!, ...underFirst},
          {...b!, ...underFirst, version: 1},
        ],
      },
      {dataKeyVersions: [{...a!, ...underFirst, id: first.dataKeys[0]!.versions[0]!.id}]},
      {rootKeyVersion: {...rootKeyVersion, version: 1}},
    ];
    for (const addition of late) {
      await expectRefusal(stores.keyHierarchy.addKeys(first.scope, addition), DuplicateError);
      await expectStored(stores, added);
    }
    await rotate(stores, added, [id]);
  });

  test('lets one of several concurrent rotations win, whole', async (handles) => {
    const {id} = await insertRoot(handles.stores);
    const first = await insertFirstKeys(handles.stores, [id]);
    const rotations = Array.from({length: 8}, () => makeRotation(first, [id]));
    const attempts = fromBoth(handles, 8, ({keyHierarchy}, index) =>
      keyHierarchy.addKeys(first.scope, rotations[index]!),
    );
    expect(await race(attempts, DuplicateError)).to.equal(1);
    const stored = await handles.other.keyHierarchy.findScope(first.scope);
    const possible = rotations.map((rotation) => inAnyOrder(withAdded(first, rotation)));
    expect(possible).to.deep.include(inAnyOrder(stored));
  });

  test('adds nothing to what is not there, nor of what is not there', async ({stores, other}) => {
    const {id} = await insertRoot(stores);
    const [scope, neighbour] = [await insertFirstKeys(stores, [id]), await insertFirstKeys(stores, [id])];
    const [rootKeyVersionId, foreign] = [scope, neighbour].map((each) => each.rootKeyVersions[0]!.id);
    const rotation = makeRotation(scope, [id]);
    await expectRefusal(other.keyHierarchy.addKeys(`${scope.scope}/`, rotation), KeyNotFoundError);
    await expectRefusal(other.keyHierarchy.addKeys(neighbour.scope, rotation), KeyNotFoundError);
    const version = {...makeDataKeyVersion(rootKeyVersionId!, 2), dataKeyId: scope.dataKeys[0]!.id};
    const stray: ScopeKeysAddition[] = [
      {dataKeyVersions: [{...version, dataKeyId: 'kdk_unknown'}]},
      {dataKeyVersions: [{...version, dataKeyId: neighbour.dataKeys[0]!.id}]},
      {dataKeyVersions: [{...version, rootKeyVersionId: 'krkv_unknown'}]},
      {dataKeyVersions: [{...version, rootKeyVersionId: foreign!}]},
      {dataKeys: [makeDataKey('krkv_unknown', 'c')]},
      {dataKeys: [makeDataKey(foreign!, 'c')]},
    ];
    for (const addition of stray) {
      await expectRefusal(other.keyHierarchy.addKeys(scope.scope, addition), KeyNotFoundError);
      await expectStored(stores, scope);
    }
    await expectStored(stores, neighbour);
    await other.keyHierarchy.addKeys(scope.scope, {dataKeyVersions: [version]});
    await other.keyHierarchy.deleteScope(scope.scope);
    await expectRefusal(other.keyHierarchy.addKeys(scope.scope, {}), KeyNotFoundError);
  });

  test('leaves no gap between versions, and stores nothing that could not be read back', async ({stores}) => {
    const {id} = await insertRoot(stores);
    const scope = await insertFirstKeys(stores, [id]);
    const rootKeyVersionId = scope.rootKeyVersions[0]!.id;
    const version = {...makeDataKeyVersion(rootKeyVersionId, 2), dataKeyId: scope.dataKeys[0]!.id};
    const bad: ScopeKeysAddition[] = [
      {rootKeyVersion: makeRootKeyVersion([id], 3)},
      {rootKeyVersion: makeRootKeyVersion([id], 2, {id: ''})},
      {dataKeyVersions: [{...version, version: 3}]},
      {dataKeyVersions: [{...version, blob: new Uint8Array()}]},
      {dataKeyVersions: [{...version, id: ''}]},
      {dataKeys: [makeDataKey(rootKeyVersionId, 'c', {versions: []})]},
      {dataKeys: [makeDataKey(rootKeyVersionId, '')]},
    ];
    for (const addition of bad) {
      await expectRefusal(stores.keyHierarchy.addKeys(scope.scope, addition), InternalError);
      await expectStored(stores, scope);
    }
    await stores.keyHierarchy.addKeys(scope.scope, {dataKeyVersions: [version]});
  });
}

function testResealing(test: StoreTest): void {
  test('replaces how versions are sealed, where they are still sealed as they were read', async ({
    stores,
    other,
  }) => {
    const {id} = await insertRoot(stores);
    const record = await rotate(stores, await insertFirstKeys(stores, [id]), [id]);
    const resealed = resealAll(record);
    expect(resealed).to.have.lengthOf(2);
    const [a, b] = resealed;
    const stale = {...b!, replacedBlob: randomBlob()};
    const gone = {...a!, id: 'kdkv_unknown', rootKeyVersionId: 'krkv_unknown'};
    expect(await other.keyHierarchy.resealDataKeyVersions(record.scope, [a!, stale, gone])).to.equal(1);
    expect(await stores.keyHierarchy.resealDataKeyVersions(record.scope, resealed)).to.equal(1);
    expect(await other.keyHierarchy.resealDataKeyVersions(record.scope, resealed)).to.equal(0);
    const dataKeys = record.dataKeys.map((dataKey) => ({
      ...dataKey,
      versions: dataKey.versions.map((version) => {
        const {rootKeyVersionId, blob} = resealed.find(({id: same}) => same === version.id) ?? version;
        return {...version, rootKeyVersionId, blob};
      }),
    }));
    await expectStored(other, {...record, dataKeys});
  });

  test('reseals nothing of another scope, under another scope’s key, or under one that is gone', async (handles) => {
    const {stores, other} = handles;
    const {id} = await insertRoot(stores);
    const record = await rotate(stores, await insertFirstKeys(stores, [id]), [id]);
    const neighbour = await rotate(stores, await insertFirstKeys(stores, [id]), [id]);
    const resealed = resealAll(record);
    const [good] = resealed;
    for (const scope of [neighbour.scope, `${record.scope}/`]) {
      expect(await other.keyHierarchy.resealDataKeyVersions(scope, resealed)).to.equal(0);
    }
    for (const rootKeyVersionId of ['krkv_unknown', neighbour.rootKeyVersions[1]!.id]) {
      const wrong = stores.keyHierarchy.resealDataKeyVersions(record.scope, [
        ...resealed.slice(1),
        {...good!, rootKeyVersionId},
      ]);
      await expectRefusal(wrong, KeyNotFoundError);
    }
    const older = {...good!, rootKeyVersionId: record.rootKeyVersions[0]!.id};
    for (const wrong of [older, {...good!, blob: new Uint8Array()}]) {
      const attempt = stores.keyHierarchy.resealDataKeyVersions(record.scope, [...resealed.slice(1), wrong]);
      await expectRefusal(attempt, InternalError);
    }
    await expectStored(other, record);
    expect(await stores.keyHierarchy.resealDataKeyVersions(record.scope, resealed)).to.equal(2);
  });

  test('counts each version that concurrent calls reseal once', async (handles) => {
    const {id} = await insertRoot(handles.stores);
    const record = await rotate(handles.stores, await insertFirstKeys(handles.stores, [id]), [id]);
    const counts = await Promise.all(
      fromBoth(handles, 6, ({keyHierarchy}) =>
        keyHierarchy.resealDataKeyVersions(record.scope, resealAll(record)),
      ),
    );
    expect(counts.reduce((sum, count) => sum + count)).to.equal(2);
  });
}

function testDeletions(test: StoreTest): void {
  test('deletes an old data key version that nothing names, and never the newest', async ({
    stores,
    other,
  }) => {
    const {id} = await insertRoot(stores);
    const record = await rotate(stores, await insertFirstKeys(stores, [id]), [id]);
    const [{versions}, another] = [record.dataKeys[0]!, record.dataKeys[1]!];
    const [old, newest] = [versions[0]!.id, versions[1]!.id];
    const remove = (versionId: string): Promise<boolean> =>
      other.keyHierarchy.deleteDataKeyVersion(versionId);
    await expectRefusal(remove(newest), KeyInUseError);
    await refer(stores, id, old);
    await expectRefusal(remove(old), KeyInUseError);
    await expectStored(stores, record);
    await refer(stores, id, another.versions[0]!.id);
    expect(await remove(old)).to.equal(true);
    expect(await remove(old)).to.equal(false);
    await expectRefusal(remove(newest), KeyInUseError);
    await expectStored(stores, {
      ...record,
      dataKeys: [{...record.dataKeys[0]!, versions: versions.slice(1)}, another],
    });
    for (const absent of ['kdkv_unknown', '', record.rootKeyVersions[0]!.id, record.dataKeys[0]!.id]) {
      expect(await remove(absent), absent).to.equal(false);
    }
  });

  test('deletes an old root key version that nothing is sealed under, and never the newest', async (handles) => {
    const {stores, other} = handles;
    const {id} = await insertRoot(stores);
    const record = await rotate(stores, await insertFirstKeys(stores, [id]), [id]);
    const [old, newest] = record.rootKeyVersions.map((version) => version.id);
    const remove = (versionId: string): Promise<boolean> =>
      other.keyHierarchy.deleteRootKeyVersion(versionId);
    await expectRefusal(remove(newest!), KeyInUseError);
    await expectRefusal(remove(old!), KeyInUseError);
    const [a, b] = resealAll(record);
    await stores.keyHierarchy.resealDataKeyVersions(record.scope, [a!]);
    await expectRefusal(remove(old!), KeyInUseError);
    await stores.keyHierarchy.resealDataKeyVersions(record.scope, [b!]);
    expect(await remove(old!)).to.equal(true);
    expect(await remove(old!)).to.equal(false);
    await expectRefusal(remove(newest!), KeyInUseError);
    const {rootKeyVersions, dataKeys} = (await stores.keyHierarchy.findScope(record.scope))!;
    expect(rootKeyVersions.map((version) => version.id)).to.deep.equal([newest]);
    expect(dataKeys.flatMap(({versions}) => versions)).to.have.lengthOf(4);
    expect(await stores.keyHierarchy.countSealed(id)).to.deep.equal({sealed: 1, total: 1});
    expect(await remove(dataKeys[0]!.versions[0]!.id)).to.equal(false);
  });

  test('counts on after versions are deleted', async ({stores}) => {
    const {id} = await insertRoot(stores);
    const record = await rotate(stores, await insertFirstKeys(stores, [id]), [id]);
    await stores.keyHierarchy.resealDataKeyVersions(record.scope, resealAll(record));
    for (const {versions} of record.dataKeys) {
      await stores.keyHierarchy.deleteDataKeyVersion(versions[0]!.id);
    }
    await stores.keyHierarchy.deleteRootKeyVersion(record.rootKeyVersions[0]!.id);
    const left = (await stores.keyHierarchy.findScope(record.scope))!;
    expect(left.dataKeys.flatMap(({versions}) => versions.map(({version}) => version))).to.deep.equal([2, 2]);
    const {rootKeyVersion, dataKeyVersions} = makeRotation(left, [id]);
    const early = {...rootKeyVersion, version: 1};
    await expectRefusal(
      stores.keyHierarchy.addKeys(record.scope, {rootKeyVersion: early, dataKeyVersions}),
      DuplicateError,
    );
    await stores.keyHierarchy.addKeys(record.scope, {rootKeyVersion, dataKeyVersions});
  });

  test('lets a reference or the deletion of its version win, never both', async (handles) => {
    const {stores, other} = handles;
    const {id} = await insertRoot(stores);
    for (let round = 0; round < 8; round++) {
      const record = await rotate(stores, await insertFirstKeys(stores, [id]), [id]);
      const old = record.dataKeys[0]!.versions[0]!.id;
      const steps = [() => refer(stores, id, old), () => other.keyHierarchy.deleteDataKeyVersion(old)];
      const inOrder = round % 2 === 0 ? steps : steps.toReversed();
      const outcomes = await Promise.allSettled(inOrder.map((step) => step()));
      const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
      expect(refused).to.have.lengthOf(1);
      const reason: unknown = refused[0]?.reason;
      if (reason instanceof KeyInUseError) {
        expect(await stores.keyHierarchy.listReferenced([old])).to.deep.equal([old]);
      } else expect(reason).to.be.instanceOf(KeyNotFoundError);
    }
  });
}

function testReferences(test: StoreTest): void {
  test('says which versions are named', async ({stores, other}) => {
    const {id} = await insertRoot(stores);
    const {dataKeys} = await insertFirstKeys(stores, [id]);
    const [a, b] = dataKeys.map(({versions}) => versions[0]!.id);
    expect(await stores.keyHierarchy.listReferenced([a!, b!])).to.deep.equal([]);
    await refer(stores, id, b!);
    expect(await other.keyHierarchy.listReferenced([a!, b!, b!, 'kdkv_unknown'])).to.deep.equal([b]);
    expect(await other.keyHierarchy.listReferenced([])).to.deep.equal([]);
    await refer(stores, id, a!);
    expect(await other.keyHierarchy.listReferenced([b!, a!])).to.deep.equal([a]);
    const referencers = await other.keyHierarchy.listDataKeyVersionReferencers();
    expect(referencers).to.deep.include({name: 'root_wrapper.sealer_key_version', restricts: true});
  });
}

/** Part of the contract of KeyHierarchyStore. */
export function testKeyHierarchyVersions(test: StoreTest): void {
  testAdditions(test);
  testResealing(test);
  testDeletions(test);
  testReferences(test);
}
