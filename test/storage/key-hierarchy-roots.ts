import {expect} from 'chai';
import {DuplicateError, InternalError} from '../../lib/errors.ts';
import {KeyInUseError, KeyNotFoundError} from '../../lib/storage/key-errors.ts';
import type {RootWrapperState} from '../../lib/storage/key-hierarchy-store.ts';
import type {Stores} from '../../lib/storage/stores.ts';
import {insertFirstKeys, insertRoot, randomBlob, rotate} from './key-hierarchy-records.ts';
import {makeRootWrapper} from './records.ts';
import {expectRefusal, fromBoth, plain, race, type StoreTest} from './store-suite.ts';

const statesOf = async ({keyHierarchy}: Stores): Promise<readonly RootWrapperState[]> =>
  (await keyHierarchy.listRootWrappers()).map(({state}) => state);

/** Seals all root keys under a root wrapper. */
async function sealAll({keyHierarchy}: Stores, rootWrapperId: string): Promise<void> {
  for (const scope of await keyHierarchy.listScopesLacking(rootWrapperId, {limit: 100})) {
    const versions = (await keyHierarchy.findScope(scope))!.rootKeyVersions;
    const sealed = versions.map(({id}) => ({rootKeyVersionId: id, blob: randomBlob()}));
    await keyHierarchy.insertSealedRootKeys(rootWrapperId, sealed);
  }
}

function testFirstRoot(test: StoreTest): void {
  test('stores the first root wrapper and no second', async ({stores, other}) => {
    expect(await stores.keyHierarchy.listRootWrappers()).to.deep.equal([]);
    const [first, second] = [makeRootWrapper(), makeRootWrapper()];
    expect(await stores.keyHierarchy.insertFirstRootWrapper(first)).to.equal(true);
    expect(await other.keyHierarchy.insertFirstRootWrapper(second)).to.equal(false);
    expect(await stores.keyHierarchy.insertFirstRootWrapper(first)).to.equal(false);
    for (const {keyHierarchy} of [stores, other]) {
      expect(await keyHierarchy.listRootWrappers()).to.deep.equal([first]);
    }
  });

  test('lets one of several concurrent first root wrappers win', async (handles) => {
    const answers = await Promise.all(
      fromBoth(handles, 8, async ({keyHierarchy}) => {
        const wrapper = makeRootWrapper();
        return {wrapper, stored: await keyHierarchy.insertFirstRootWrapper(wrapper)};
      }),
    );
    const stored = answers.filter((answer) => answer.stored).map(({wrapper}) => wrapper);
    expect(stored).to.have.lengthOf(1);
    expect(await handles.stores.keyHierarchy.listRootWrappers()).to.deep.equal(stored);
  });
}

function testMoreRoots(test: StoreTest): void {
  test('lists root wrappers in order of creation, with what each has', async ({stores, other}) => {
    const first = await insertRoot(stores, {parameters: '{"kdf":"argon2id"}', createdAt: 5});
    const second = makeRootWrapper({state: 'adding', createdAt: 3});
    const third = makeRootWrapper({state: 'adding', createdAt: 4, uri: 'passphrase:prompt'});
    await other.keyHierarchy.insertRootWrapper(second);
    await stores.keyHierarchy.insertRootWrapper(third);
    for (const {keyHierarchy} of [stores, other]) {
      expect(await keyHierarchy.listRootWrappers()).to.deep.equal([first, second, third]);
    }
  });

  test('refuses a root wrapper whose id or key is there', async ({stores, other}) => {
    const first = await insertRoot(stores);
    const another = makeRootWrapper({state: 'adding'});
    for (const same of [{id: first.id}, {wrapperKeyId: first.wrapperKeyId}]) {
      await expectRefusal(other.keyHierarchy.insertRootWrapper({...another, ...same}), DuplicateError);
    }
    expect(await stores.keyHierarchy.listRootWrappers()).to.deep.equal([first]);
    await other.keyHierarchy.insertRootWrapper({...another, uri: first.uri});
  });

  test('lets one of several concurrent root wrappers of one key win', async (handles) => {
    await insertRoot(handles.stores);
    const {wrapperKeyId} = makeRootWrapper();
    const attempts = fromBoth(handles, 8, ({keyHierarchy}) =>
      keyHierarchy.insertRootWrapper(makeRootWrapper({state: 'adding', wrapperKeyId})),
    );
    expect(await race(attempts, DuplicateError)).to.equal(1);
    expect(await handles.other.keyHierarchy.listRootWrappers()).to.have.lengthOf(2);
  });

  test('takes no root wrapper that is retiring, nor one as active that opens not all', async ({stores}) => {
    const {id} = await insertRoot(stores);
    const {keyHierarchy} = stores;
    await keyHierarchy.insertRootWrapper(makeRootWrapper({state: 'active'}));
    await insertFirstKeys(
      stores,
      (await keyHierarchy.listRootWrappers()).map((root) => root.id),
    );
    for (const state of ['retiring', 'active'] as const) {
      await expectRefusal(keyHierarchy.insertRootWrapper(makeRootWrapper({state})), InternalError);
    }
    await keyHierarchy.insertRootWrapper(makeRootWrapper({state: 'adding'}));
    expect(await statesOf(stores)).to.deep.equal(['active', 'active', 'adding']);
    expect((await keyHierarchy.listRootWrappers())[0]).to.have.property('id', id);
  });
}

function testSealers(test: StoreTest): void {
  test('gives a root wrapper a sealer and another URI, and keeps what is left out', async ({
    stores,
    other,
  }) => {
    const root = await insertRoot(stores, {parameters: 'p'});
    const {dataKeys} = await insertFirstKeys(stores, [root.id]);
    const sealer = {blob: randomBlob(), dataKeyVersionId: dataKeys[0]!.versions[0]!.id};
    const stay = {from: 'active', to: 'active'} as const;
    const uri = 'file:/elsewhere';
    expect(await stores.keyHierarchy.updateRootWrapper(root.id, {...stay, sealer})).to.equal(true);
    expect(plain(await other.keyHierarchy.listRootWrappers())).to.deep.equal(plain([{...root, sealer}]));
    expect(await other.keyHierarchy.updateRootWrapper(root.id, {...stay, uri})).to.equal(true);
    expect(plain(await stores.keyHierarchy.listRootWrappers())).to.deep.equal(
      plain([{...root, sealer, uri}]),
    );
    const newer = {blob: randomBlob(), dataKeyVersionId: dataKeys[1]!.versions[0]!.id};
    expect(await other.keyHierarchy.updateRootWrapper(root.id, {...stay, sealer: newer})).to.equal(true);
    const second = makeRootWrapper({state: 'adding', sealer});
    await other.keyHierarchy.insertRootWrapper(second);
    expect(plain(await stores.keyHierarchy.listRootWrappers())).to.deep.equal(
      plain([{...root, sealer: newer, uri}, second]),
    );
  });

  test('takes no sealer under a version that is not there, nor an empty one', async ({stores}) => {
    const root = await insertRoot(stores);
    const {dataKeys, rootKeyVersions} = await insertFirstKeys(stores, [root.id]);
    const sealer = {blob: randomBlob(), dataKeyVersionId: dataKeys[0]!.versions[0]!.id};
    const bad = [
      {refusal: KeyNotFoundError, sealer: {...sealer, dataKeyVersionId: 'kdkv_unknown'}},
      {refusal: KeyNotFoundError, sealer: {...sealer, dataKeyVersionId: rootKeyVersions[0]!.id}},
      {refusal: InternalError, sealer: {...sealer, blob: new Uint8Array()}},
    ];
    const update = (change: {sealer: typeof sealer}): Promise<boolean> =>
      stores.keyHierarchy.updateRootWrapper(root.id, {from: 'active', to: 'active', ...change});
    for (const {refusal, sealer: wrong} of bad) {
      await expectRefusal(update({sealer: wrong}), refusal);
      const another = makeRootWrapper({state: 'adding', sealer: wrong});
      await expectRefusal(stores.keyHierarchy.insertRootWrapper(another), refusal);
    }
    expect(await stores.keyHierarchy.listRootWrappers()).to.deep.equal([root]);
    expect(await update({sealer})).to.equal(true);
  });
}

function testStates(test: StoreTest): void {
  test('activates a root wrapper once every root key is sealed under it', async ({stores, other}) => {
    const first = await insertRoot(stores);
    await rotate(stores, await insertFirstKeys(stores, [first.id]), [first.id]);
    await insertFirstKeys(stores, [first.id]);
    const {id} = makeRootWrapper();
    await other.keyHierarchy.insertRootWrapper(makeRootWrapper({id, state: 'adding'}));
    const activate = (): Promise<boolean> =>
      stores.keyHierarchy.updateRootWrapper(id, {from: 'adding', to: 'active'});
    await expectRefusal(activate(), KeyInUseError);
    const {scope, rootKeyVersions} = await insertFirstKeys(stores, [first.id, id]);
    expect(rootKeyVersions[0]?.sealed).to.have.lengthOf(2);
    await expectRefusal(activate(), KeyInUseError);
    await sealAll(other, id);
    expect(await statesOf(other)).to.deep.equal(['active', 'adding']);
    expect(await activate()).to.equal(true);
    expect(await activate(), 'again').to.equal(false);
    expect(await statesOf(other)).to.deep.equal(['active', 'active']);
    expect(await stores.keyHierarchy.findScope(scope)).to.not.equal(undefined);
  });

  test('retires a root wrapper only where another is active that opens all', async ({stores, other}) => {
    const first = await insertRoot(stores);
    await insertFirstKeys(stores, [first.id]);
    const {id} = makeRootWrapper();
    const retire = (): Promise<boolean> =>
      other.keyHierarchy.updateRootWrapper(first.id, {from: 'active', to: 'retiring'});
    await expectRefusal(retire(), KeyInUseError);
    await stores.keyHierarchy.insertRootWrapper(makeRootWrapper({id, state: 'adding'}));
    await sealAll(stores, id);
    await expectRefusal(retire(), KeyInUseError);
    await stores.keyHierarchy.updateRootWrapper(id, {from: 'adding', to: 'active'});
    expect(await retire()).to.equal(true);
    expect(await statesOf(stores)).to.deep.equal(['retiring', 'active']);
    const retireLast = stores.keyHierarchy.updateRootWrapper(id, {from: 'active', to: 'retiring'});
    await expectRefusal(retireLast, KeyInUseError);
  });

  test('never lets two concurrent retirements leave no active root wrapper', async (handles) => {
    const {stores} = handles;
    const ids = [(await insertRoot(stores)).id, makeRootWrapper().id];
    await stores.keyHierarchy.insertRootWrapper(makeRootWrapper({id: ids[1]!}));
    await insertFirstKeys(stores, ids);
    const attempts = fromBoth(handles, 2, ({keyHierarchy}, index) =>
      keyHierarchy.updateRootWrapper(ids[index]!, {from: 'active', to: 'retiring'}),
    );
    expect(await race(attempts, KeyInUseError)).to.equal(1);
    expect(await statesOf(stores)).to.have.members(['active', 'retiring']);
  });

  test('takes a retirement back, and an addition', async ({stores}) => {
    const first = await insertRoot(stores);
    const {id} = makeRootWrapper();
    await stores.keyHierarchy.insertRootWrapper(makeRootWrapper({id}));
    await insertFirstKeys(stores, [first.id, id]);
    const move = (from: RootWrapperState, to: RootWrapperState): Promise<boolean> =>
      stores.keyHierarchy.updateRootWrapper(id, {from, to});
    await expectRefusal(move('active', 'adding'), KeyInUseError);
    for (const [from, to] of [
      ['active', 'retiring'],
      ['retiring', 'adding'],
      ['adding', 'retiring'],
      ['retiring', 'active'],
    ] as const) {
      expect(await move(from, to), `${from} to ${to}`).to.equal(true);
    }
    expect(await statesOf(stores)).to.deep.equal(['active', 'active']);
  });

  test('moves nothing from a state that a root wrapper is not in', async ({stores}) => {
    const {id} = await insertRoot(stores);
    const moves = [
      [id, {from: 'adding', to: 'active'}],
      [id, {from: 'retiring', to: 'retiring', uri: 'file:/b'}],
      ['rw_unknown', {from: 'active', to: 'active', uri: 'file:/b'}],
    ] as const;
    const before = await stores.keyHierarchy.listRootWrappers();
    for (const [rootWrapperId, change] of moves) {
      expect(await stores.keyHierarchy.updateRootWrapper(rootWrapperId, change)).to.equal(false);
    }
    expect(await stores.keyHierarchy.listRootWrappers()).to.deep.equal(before);
  });
}

/** Part of the contract of KeyHierarchyStore. */
export function testKeyHierarchyRoots(test: StoreTest): void {
  testFirstRoot(test);
  testMoreRoots(test);
  testSealers(test);
  testStates(test);
}
