import {DuplicateError} from '../../../lib/errors.ts';
import type {ScopeKeysRecord} from '../../../lib/storage/key-hierarchy-store.ts';
import type {Stores} from '../../../lib/storage/stores.ts';
import {
  inAnyOrder,
  insertFirstKeys,
  makeFirstKeys,
  makeRotation,
  randomBlob,
  rotate,
  withAdded,
} from '../key-hierarchy-records.ts';
import {makeRootWrapper} from '../records.ts';
import type {WriteCase} from './write-case.ts';

const ROOT = makeRootWrapper();

/** The root that all scopes of these writes are sealed under. */
async function root({keyHierarchy}: Stores): Promise<readonly string[]> {
  await keyHierarchy.insertFirstRootWrapper(ROOT);
  return [ROOT.id];
}

const scopeSeen = (scope: string) => async (stores: Stores) =>
  inAnyOrder(await stores.keyHierarchy.findScope(scope));

const wrapperSeen = (id: string) => async (stores: Stores) =>
  (await stores.keyHierarchy.listRootWrappers()).find((wrapper) => wrapper.id === id);

/** Another root, `adding`, that the store's only scope is sealed under as well, or not yet. */
async function prepareSecondRoot(stores: Stores, {isSealed}: {isSealed: boolean}) {
  const {keyHierarchy} = stores;
  const scope = await insertFirstKeys(stores, await root(stores));
  const wrapper = makeRootWrapper({state: 'adding'});
  await keyHierarchy.insertRootWrapper(wrapper);
  const sealed = [{rootKeyVersionId: scope.rootKeyVersions[0]!.id, blob: randomBlob()}];
  if (isSealed) await keyHierarchy.insertSealedRootKeys(wrapper.id, sealed);
  return {wrapper, sealed, tidy: async (stores: Stores) => removeRoot(stores, wrapper.id, scope)};
}

async function removeRoot({keyHierarchy}: Stores, id: string, {scope}: ScopeKeysRecord): Promise<void> {
  await keyHierarchy.updateRootWrapper(id, {from: 'active', to: 'retiring'});
  await keyHierarchy.deleteScope(scope);
  await keyHierarchy.deleteRootWrapper(id);
}

/** A scope that was rotated, and what its older data key versions are when they are under the newer root key. */
async function prepareReseal(stores: Stores) {
  const roots = await root(stores);
  const record = await rotate(stores, await insertFirstKeys(stores, roots), roots);
  const newest = record.rootKeyVersions.at(-1)!.id;
  const resealed = record.dataKeys.map(({versions: [first]}) => ({
    ...{id: first!.id, rootKeyVersionId: newest, blob: randomBlob(), replacedBlob: first!.blob},
  }));
  const dataKeys = record.dataKeys.map((dataKey, index) => {
    const {rootKeyVersionId, blob} = resealed[index]!;
    return {
      ...dataKey,
      versions: dataKey.versions.with(0, {...dataKey.versions[0]!, rootKeyVersionId, blob}),
    };
  });
  return {scope: record.scope, resealed, after: {...record, dataKeys}};
}

export const HIERARCHY_WRITES = {
  'keyHierarchy.insertFirstRootWrapper': {
    needsNewStore: true,
    async prepare() {
      return Promise.resolve({
        run: ({keyHierarchy}) => keyHierarchy.insertFirstRootWrapper(ROOT),
        gives: true,
        again: {gives: false},
        look: async ({keyHierarchy}) => keyHierarchy.listRootWrappers(),
        made: [ROOT],
      });
    },
  },
  'keyHierarchy.insertRootWrapper': {
    async prepare(stores) {
      const scope = await insertFirstKeys(stores, await root(stores));
      const wrapper = makeRootWrapper({state: 'adding'});
      return {
        run: ({keyHierarchy}) => keyHierarchy.insertRootWrapper(wrapper),
        again: {refuses: DuplicateError},
        look: wrapperSeen(wrapper.id),
        made: wrapper,
        tidy: async (stores) => removeRoot(stores, wrapper.id, scope),
      };
    },
  },
  'keyHierarchy.updateRootWrapper': {
    async prepare(stores) {
      const {wrapper, tidy} = await prepareSecondRoot(stores, {isSealed: true});
      return {
        run: ({keyHierarchy}) => keyHierarchy.updateRootWrapper(wrapper.id, {from: 'adding', to: 'active'}),
        gives: true,
        again: {gives: false},
        look: wrapperSeen(wrapper.id),
        made: {...wrapper, state: 'active'},
        tidy,
      };
    },
  },
  'keyHierarchy.deleteRootWrapper': {
    async prepare(stores) {
      const {wrapper, tidy} = await prepareSecondRoot(stores, {isSealed: false});
      return {
        run: ({keyHierarchy}) => keyHierarchy.deleteRootWrapper(wrapper.id),
        gives: true,
        again: {gives: false},
        look: wrapperSeen(wrapper.id),
        made: undefined,
        tidy,
      };
    },
  },
  'keyHierarchy.insertSealedRootKeys': {
    async prepare(stores) {
      const {wrapper, sealed, tidy} = await prepareSecondRoot(stores, {isSealed: false});
      return {
        run: ({keyHierarchy}) => keyHierarchy.insertSealedRootKeys(wrapper.id, sealed),
        look: async ({keyHierarchy}) => keyHierarchy.countSealed(wrapper.id),
        made: {sealed: 1, total: 1},
        tidy,
      };
    },
  },
  'keyHierarchy.deleteSealedRootKeys': {
    async prepare(stores) {
      const {wrapper, tidy} = await prepareSecondRoot(stores, {isSealed: true});
      return {
        run: ({keyHierarchy}) => keyHierarchy.deleteSealedRootKeys(wrapper.id, {limit: 10}),
        gives: 1,
        again: {gives: 0},
        look: async ({keyHierarchy}) => keyHierarchy.countSealed(wrapper.id),
        made: {sealed: 0, total: 1},
        tidy,
      };
    },
  },
  'keyHierarchy.insertScope': {
    async prepare(stores) {
      const record = makeFirstKeys(await root(stores));
      return {
        run: ({keyHierarchy}) => keyHierarchy.insertScope(record),
        again: {refuses: DuplicateError},
        look: scopeSeen(record.scope),
        made: inAnyOrder(record),
      };
    },
  },
  'keyHierarchy.addKeys': {
    async prepare(stores) {
      const roots = await root(stores);
      const record = await insertFirstKeys(stores, roots);
      const addition = makeRotation(record, roots);
      return {
        run: ({keyHierarchy}) => keyHierarchy.addKeys(record.scope, addition),
        again: {refuses: DuplicateError},
        look: scopeSeen(record.scope),
        made: inAnyOrder(withAdded(record, addition)),
      };
    },
  },
  'keyHierarchy.resealDataKeyVersions': {
    async prepare(stores) {
      const {scope, resealed, after} = await prepareReseal(stores);
      return {
        run: ({keyHierarchy}) => keyHierarchy.resealDataKeyVersions(scope, resealed),
        gives: 2,
        again: {gives: 0},
        look: scopeSeen(scope),
        made: inAnyOrder(after),
      };
    },
  },
  'keyHierarchy.deleteDataKeyVersion': {
    async prepare(stores) {
      const roots = await root(stores);
      const record = await rotate(stores, await insertFirstKeys(stores, roots), roots);
      const [dataKey, ...others] = record.dataKeys;
      const [first, ...versions] = dataKey!.versions;
      return {
        run: ({keyHierarchy}) => keyHierarchy.deleteDataKeyVersion(first!.id),
        gives: true,
        again: {gives: false},
        look: scopeSeen(record.scope),
        made: inAnyOrder({...record, dataKeys: [{...dataKey!, versions}, ...others]}),
      };
    },
  },
  'keyHierarchy.deleteRootKeyVersion': {
    async prepare(stores) {
      const {scope, resealed, after} = await prepareReseal(stores);
      await stores.keyHierarchy.resealDataKeyVersions(scope, resealed);
      const [first, ...rootKeyVersions] = after.rootKeyVersions;
      return {
        run: ({keyHierarchy}) => keyHierarchy.deleteRootKeyVersion(first!.id),
        gives: true,
        again: {gives: false},
        look: scopeSeen(scope),
        made: inAnyOrder({...after, rootKeyVersions}),
      };
    },
  },
  'keyHierarchy.deleteScope': {
    async prepare(stores) {
      const {scope} = await insertFirstKeys(stores, await root(stores));
      return {
        run: ({keyHierarchy}) => keyHierarchy.deleteScope(scope),
        gives: true,
        again: {gives: false},
        look: scopeSeen(scope),
        made: undefined,
      };
    },
  },
} satisfies Record<string, WriteCase>;
