import {expect} from 'chai';
import {InternalError} from '../../lib/errors.ts';
import {KeyInUseError, KeyNotFoundError, RootsChangedError} from '../../lib/storage/key-errors.ts';
import type {ScopeKeysRecord} from '../../lib/storage/key-hierarchy-store.ts';
import type {Stores} from '../../lib/storage/stores.ts';
import {
  insertFirstKeys,
  insertRoot,
  makeFirstKeys,
  makeRotation,
  randomBlob,
  rotate,
} from './key-hierarchy-records.ts';
import {makeRootWrapper} from './records.ts';
import {expectRefusal, fromBoth, plain, type StoreTest} from './store-suite.ts';

interface TwoRoots {
  /** `active`. */
  readonly first: string;
  /** `adding`. */
  readonly second: string;
  /** Made before `second` was: three of which one has two versions. */
  readonly scopes: readonly ScopeKeysRecord[];
}

async function insertTwoRoots(stores: Stores): Promise<TwoRoots> {
  const {id: first} = await insertRoot(stores);
  const scopes = [
    await insertFirstKeys(stores, [first]),
    await rotate(stores, await insertFirstKeys(stores, [first]), [first]),
    await insertFirstKeys(stores, [first]),
  ];
  const second = makeRootWrapper({state: 'adding'});
  await stores.keyHierarchy.insertRootWrapper(second);
  return {first, second: second.id, scopes};
}

const sealedUnder = (rootKeyVersionIds: readonly string[]) =>
  rootKeyVersionIds.map((rootKeyVersionId) => ({rootKeyVersionId, blob: randomBlob()}));

const versionIds = (scopes: readonly ScopeKeysRecord[]): string[] =>
  scopes.flatMap(({rootKeyVersions}) => rootKeyVersions.map(({id}) => id));

function testSealing(test: StoreTest): void {
  test('says which scopes a root wrapper lacks, and how much of all it has', async ({stores, other}) => {
    const {second, scopes} = await insertTwoRoots(stores);
    const all = scopes.map(({scope}) => scope);
    const [, twice] = scopes;
    const lacking = (limit: number): Promise<readonly string[]> =>
      other.keyHierarchy.listScopesLacking(second, {limit});
    expect(await lacking(100))
      .to.have.members(all)
      .and.lengthOf(3);
    expect(await lacking(1)).to.have.lengthOf(1);
    expect(await other.keyHierarchy.countSealed(second)).to.deep.equal({sealed: 0, total: 4});

    const [older, newer] = twice!.rootKeyVersions;
    await stores.keyHierarchy.insertSealedRootKeys(second, sealedUnder([newer!.id]));
    expect(await lacking(100), 'one version of two').to.have.members(all);
    await stores.keyHierarchy.insertSealedRootKeys(second, sealedUnder([older!.id]));
    expect(await lacking(100))
      .to.have.members([all[0], all[2]])
      .and.lengthOf(2);
    expect(await other.keyHierarchy.countSealed(second)).to.deep.equal({sealed: 2, total: 4});

    for (let scope = (await lacking(1))[0]; scope !== undefined; scope = (await lacking(1))[0]) {
      const {rootKeyVersions} = (await other.keyHierarchy.findScope(scope))!;
      const ids = rootKeyVersions.map(({id}) => id);
      await other.keyHierarchy.insertSealedRootKeys(second, sealedUnder(ids));
    }
    expect(await stores.keyHierarchy.countSealed(second)).to.deep.equal({sealed: 4, total: 4});
    expect(await lacking(1)).to.deep.equal([]);
  });

  test('says what a root wrapper lacks again after another has deleted it', async ({stores, other}) => {
    const {second, scopes} = await insertTwoRoots(stores);
    const ids = versionIds(scopes);
    const lacking = (): Promise<readonly string[]> =>
      other.keyHierarchy.listScopesLacking(second, {limit: 9});
    await stores.keyHierarchy.insertSealedRootKeys(second, sealedUnder(ids.slice(0, -1)));
    expect(await lacking()).to.deep.equal([scopes.at(-1)?.scope]);
    await stores.keyHierarchy.deleteSealedRootKeys(second, {limit: 2});
    await stores.keyHierarchy.insertSealedRootKeys(second, sealedUnder(ids.slice(-1)));
    expect(await lacking()).to.not.be.empty;
    await stores.keyHierarchy.insertSealedRootKeys(second, sealedUnder(ids));
    expect(await lacking()).to.be.empty;
  });

  test('seals root keys under one more root wrapper, and leaves what is sealed or gone', async (handles) => {
    const {stores, other} = handles;
    const {first, second, scopes} = await insertTwoRoots(stores);
    const [scope] = scopes;
    const [id] = versionIds([scope!]);
    const [sealed] = sealedUnder([id!]);
    await other.keyHierarchy.insertSealedRootKeys(second, [sealed!]);
    await stores.keyHierarchy.insertSealedRootKeys(second, sealedUnder([id!, 'krkv_unknown']));
    const [version] = (await stores.keyHierarchy.findScope(scope!.scope))!.rootKeyVersions;
    expect(plain(version?.sealed)).to.deep.equal(
      plain([...scope!.rootKeyVersions[0]!.sealed, {rootWrapperId: second, blob: sealed!.blob}]),
    );
    expect(await other.keyHierarchy.countSealed(first)).to.deep.equal({sealed: 4, total: 4});
    await Promise.all(
      fromBoth(handles, 6, ({keyHierarchy}) =>
        keyHierarchy.insertSealedRootKeys(second, sealedUnder(versionIds(scopes))),
      ),
    );
    expect(await other.keyHierarchy.countSealed(second)).to.deep.equal({sealed: 4, total: 4});
  });

  test('seals nothing under a root wrapper that is gone or retiring, and nothing empty', async ({stores}) => {
    const {second, scopes} = await insertTwoRoots(stores);
    const sealed = sealedUnder(versionIds(scopes));
    const {keyHierarchy: store} = stores;
    await expectRefusal(store.insertSealedRootKeys('rw_unknown', sealed), KeyNotFoundError);
    const empty = [...sealed.slice(0, 2), {...sealed[2]!, blob: new Uint8Array()}];
    await expectRefusal(store.insertSealedRootKeys(second, empty), InternalError);
    await store.updateRootWrapper(second, {from: 'adding', to: 'retiring'});
    await expectRefusal(store.insertSealedRootKeys(second, sealed), RootsChangedError);
    expect(await store.countSealed(second)).to.deep.equal({sealed: 0, total: 4});
    await store.updateRootWrapper(second, {from: 'retiring', to: 'adding'});
    await store.insertSealedRootKeys(second, sealed);
    expect(await store.countSealed(second)).to.deep.equal({sealed: 4, total: 4});
  });

  test('wants new root keys sealed under just the root wrappers in use', async ({stores, other}) => {
    const {first, second, scopes} = await insertTwoRoots(stores);
    const [scope] = scopes;
    const third = makeRootWrapper({state: 'adding'});
    await stores.keyHierarchy.insertRootWrapper(third);
    await stores.keyHierarchy.updateRootWrapper(third.id, {from: 'adding', to: 'retiring'});
    const wrong = [
      [first],
      [second],
      [first, second, third.id],
      [first, second, 'rw_unknown'],
      [first, first],
    ];
    for (const roots of wrong) {
      await expectRefusal(other.keyHierarchy.insertScope(makeFirstKeys(roots)), RootsChangedError);
      const rotation = makeRotation(scope!, roots);
      await expectRefusal(stores.keyHierarchy.addKeys(scope!.scope, rotation), RootsChangedError);
    }
    expect(await other.keyHierarchy.countSealed(first)).to.deep.equal({sealed: 4, total: 4});
    await other.keyHierarchy.insertScope(makeFirstKeys([second, first]));
    await stores.keyHierarchy.addKeys(scope!.scope, makeRotation(scope!, [first, second]));
    expect(await other.keyHierarchy.countSealed(second)).to.deep.equal({sealed: 2, total: 6});
  });
}

function testUnsealing(test: StoreTest): void {
  test('deletes what is sealed under a retiring root wrapper, a batch at a time, then itself', async (handles) => {
    const {stores, other} = handles;
    const {first, second, scopes} = await insertTwoRoots(stores);
    const {keyHierarchy: store} = stores;
    const deleteSome = (limit: number): Promise<number> =>
      other.keyHierarchy.deleteSealedRootKeys(first, {limit});
    await store.insertSealedRootKeys(second, sealedUnder(versionIds(scopes)));
    await store.updateRootWrapper(second, {from: 'adding', to: 'active'});
    await expectRefusal(deleteSome(9), KeyInUseError);
    await expectRefusal(store.deleteRootWrapper(first), KeyInUseError);
    await store.updateRootWrapper(first, {from: 'active', to: 'retiring'});
    await expectRefusal(store.deleteRootWrapper(first), KeyInUseError);
    expect(await deleteSome(3)).to.equal(3);
    await expectRefusal(store.deleteRootWrapper(first), KeyInUseError);
    expect(await store.countSealed(first)).to.deep.equal({sealed: 1, total: 4});
    expect(await deleteSome(3)).to.equal(1);
    expect(await deleteSome(3)).to.equal(0);
    expect(await store.deleteRootWrapper(first)).to.equal(true);
    expect(await store.deleteRootWrapper(first)).to.equal(false);
    for (const {scope} of scopes) {
      const {rootKeyVersions} = (await other.keyHierarchy.findScope(scope))!;
      for (const {sealed} of rootKeyVersions) {
        expect(sealed.map(({rootWrapperId}) => rootWrapperId)).to.deep.equal([second]);
      }
    }
    expect((await other.keyHierarchy.listRootWrappers()).map(({id}) => id)).to.deep.equal([second]);
  });

  test('takes an unfinished addition back', async ({stores}) => {
    const {second, scopes} = await insertTwoRoots(stores);
    const {keyHierarchy: store} = stores;
    await store.insertSealedRootKeys(second, sealedUnder(versionIds(scopes).slice(0, 2)));
    await expectRefusal(store.deleteRootWrapper(second), KeyInUseError);
    expect(await store.deleteSealedRootKeys(second, {limit: 9})).to.equal(2);
    expect(await store.deleteRootWrapper(second)).to.equal(true);
    expect(await store.deleteSealedRootKeys(second, {limit: 9})).to.equal(0);
    await insertFirstKeys(stores, [(await store.listRootWrappers())[0]!.id]);
  });

  test('deletes no root wrapper that is active, even where nothing is sealed under it', async ({stores}) => {
    const {id} = await insertRoot(stores);
    await expectRefusal(stores.keyHierarchy.deleteRootWrapper(id), KeyInUseError);
    await expectRefusal(stores.keyHierarchy.deleteSealedRootKeys(id, {limit: 1}), KeyInUseError);
    const {id: another} = makeRootWrapper();
    await stores.keyHierarchy.insertRootWrapper(makeRootWrapper({id: another}));
    await stores.keyHierarchy.updateRootWrapper(id, {from: 'active', to: 'retiring'});
    expect(await stores.keyHierarchy.deleteSealedRootKeys(id, {limit: 1})).to.equal(0);
    expect(await stores.keyHierarchy.deleteRootWrapper(id)).to.equal(true);
  });

  test('takes a limit that is none for a defect', async ({stores}) => {
    const {second} = await insertTwoRoots(stores);
    for (const limit of [0, -1, 1.5, Number.NaN, Infinity]) {
      await expectRefusal(stores.keyHierarchy.listScopesLacking(second, {limit}), InternalError);
      await expectRefusal(stores.keyHierarchy.deleteSealedRootKeys(second, {limit}), InternalError);
      await expectRefusal(stores.keyHierarchy.listScopes({limit}), InternalError);
    }
    expect(await stores.keyHierarchy.listScopesLacking(second, {limit: 1})).to.have.lengthOf(1);
  });
}

/** Part of the contract of KeyHierarchyStore. */
export function testSealedRootKeys(test: StoreTest): void {
  testSealing(test);
  testUnsealing(test);
}
