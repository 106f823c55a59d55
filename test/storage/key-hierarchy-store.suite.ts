import {expect} from 'chai';
import {testKeyHierarchyRoots} from './key-hierarchy-roots.ts';
import {testSealedRootKeys} from './key-hierarchy-sealed-roots.ts';
import {testKeyHierarchyScopes} from './key-hierarchy-scopes.ts';
import {testKeyHierarchyVersions} from './key-hierarchy-versions.ts';
import {
  insertFirstKeys,
  insertRoot,
  makeDataKey,
  makeFirstKeys,
  makeRotation,
  randomBlob,
} from './key-hierarchy-records.ts';
import {makeRootWrapper} from './records.ts';
import {describeStore, type StoreSuiteOptions, type StoreTest} from './store-suite.ts';

function testCollectionVersion(test: StoreTest): void {
  test('has a greater collection version after every change: by one here, and elsewhere', async ({
    stores,
    other,
  }) => {
    const {keyHierarchy: store} = stores;
    let [here, there] = [
      await store.readCollectionVersion(),
      await other.keyHierarchy.readCollectionVersion(),
    ];
    const expectChange = async (what: string, change: Promise<unknown>): Promise<void> => {
      expect(await change, what).to.not.be.oneOf([false, 0]);
      const elsewhere = await other.keyHierarchy.readCollectionVersion();
      expect(elsewhere, what).to.be.greaterThan(there);
      there = elsewhere;
      expect(await store.readCollectionVersion(), what).to.equal(++here);
    };
    const [first, second] = [makeRootWrapper(), makeRootWrapper({state: 'adding'})];
    await expectChange('first root', store.insertFirstRootWrapper(first));
    const scope = makeFirstKeys([first.id]);
    await expectChange('first keys', store.insertScope(scope));
    const [rootKeyVersion] = scope.rootKeyVersions;
    await expectChange('root', store.insertRootWrapper(second));
    const sealed = [{rootKeyVersionId: rootKeyVersion!.id, blob: randomBlob()}];
    await expectChange('sealed', store.insertSealedRootKeys(second.id, sealed));
    await expectChange('unsealed', store.deleteSealedRootKeys(second.id, {limit: 9}));
    await expectChange('root gone', store.deleteRootWrapper(second.id));
    await expectChange(
      'root moved',
      store.updateRootWrapper(first.id, {from: 'active', to: 'active', uri: 'file:/b'}),
    );
    const addition = {dataKeys: [makeDataKey(rootKeyVersion!.id, 'c')]};
    await expectChange('data key', store.addKeys(scope.scope, addition));
    const rotation = makeRotation(scope, [first.id]);
    await expectChange('rotation', store.addKeys(scope.scope, rotation));
    const rootKeyVersionId = rotation.rootKeyVersion.id;
    const resealed = [...scope.dataKeys, ...addition.dataKeys].map(({versions: [version]}) => ({
      id: version!.id,
      rootKeyVersionId,
      blob: randomBlob(),
      replacedBlob: version!.blob,
    }));
    await expectChange('resealed', store.resealDataKeyVersions(scope.scope, resealed));
    await expectChange(
      'data key version gone',
      store.deleteDataKeyVersion(scope.dataKeys[0]!.versions[0]!.id),
    );
    await expectChange('root key version gone', store.deleteRootKeyVersion(rootKeyVersion!.id));
    await expectChange('scope gone', store.deleteScope(scope.scope));
  });

  test('tells changes elsewhere from those here by the collection version', async ({stores, other}) => {
    const root = await insertRoot(stores);
    const here = await stores.keyHierarchy.readCollectionVersion();
    await insertFirstKeys(other, [root.id]);
    const after = await stores.keyHierarchy.readCollectionVersion();
    expect(after).to.be.greaterThan(here);
    const first = await insertFirstKeys(stores, [root.id]);
    await stores.keyHierarchy.insertScope(first).catch(() => undefined);
    expect(await stores.keyHierarchy.readCollectionVersion()).to.equal(after + 1);
    await insertFirstKeys(other, [root.id]);
    expect(await stores.keyHierarchy.readCollectionVersion()).to.be.greaterThan(after + 1);
  });

  test('has the same collection version after reads, and after what was refused', async ({stores}) => {
    const {keyHierarchy: store} = stores;
    const root = await insertRoot(stores);
    const {scope, dataKeys, rootKeyVersions} = await insertFirstKeys(stores, [root.id]);
    const before = await store.readCollectionVersion();
    await store.findScope(scope);
    await store.listScopes({limit: 1});
    await store.listRootWrappers();
    await store.listReferenced([dataKeys[0]!.versions[0]!.id]);
    await Promise.allSettled([
      store.insertScope(makeFirstKeys([root.id], {scope})),
      store.insertScope(makeFirstKeys(['rw_unknown'])),
      store.deleteScope(`${scope}/`),
      store.deleteDataKeyVersion(dataKeys[0]!.versions[0]!.id),
      store.deleteRootKeyVersion(rootKeyVersions[0]!.id),
      store.deleteRootWrapper(root.id),
      store.updateRootWrapper(root.id, {from: 'active', to: 'retiring'}),
      store.insertRootWrapper(root),
    ]);
    expect(await store.readCollectionVersion()).to.equal(before);
    expect(await store.deleteScope(scope)).to.equal(true);
    expect(await store.readCollectionVersion()).to.be.greaterThan(before);
  });
}

/** What the implementations of KeyHierarchyStore promise. */
export function describeKeyHierarchyStore(options: StoreSuiteOptions): void {
  describeStore('KeyHierarchyStore', options, (test) => {
    testKeyHierarchyRoots(test);
    testSealedRootKeys(test);
    testKeyHierarchyScopes(test);
    testKeyHierarchyVersions(test);
    testCollectionVersion(test);

    test('finds its own schema valid', async ({stores, other}) => {
      await stores.keyHierarchy.validateSchema();
      await other.keyHierarchy.validateSchema();
    });
  });
}
