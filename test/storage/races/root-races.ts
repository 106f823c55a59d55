import {KeyInUseError, KeyNotFoundError, RootsChangedError} from '../../../lib/storage/key-errors.ts';
import type {Stores} from '../../../lib/storage/stores.ts';
import {insertFirstKeys, makeFirstKeys, randomBlob} from '../key-hierarchy-records.ts';
import {makeRootWrapper} from '../records.ts';
import {testBarrier, testExclusive, type Racer, anyRoots} from './race-both.ts';
import type {StoreTest} from '../store-suite.ts';

/** One more root, that all there is is sealed under. */
async function addSealedRoot({keyHierarchy}: Stores): Promise<string> {
  const {id} = makeRootWrapper();
  await keyHierarchy.insertRootWrapper(makeRootWrapper({id, state: 'adding'}));
  for (const scope of await keyHierarchy.listScopesLacking(id, {limit: 1000})) {
    const {rootKeyVersions} = (await keyHierarchy.findScope(scope))!;
    const sealed = rootKeyVersions.map((version) => ({rootKeyVersionId: version.id, blob: randomBlob()}));
    await keyHierarchy.insertSealedRootKeys(id, sealed);
  }
  return id;
}

async function removeRoot({keyHierarchy}: Stores, id: string): Promise<void> {
  while ((await keyHierarchy.deleteSealedRootKeys(id, {limit: 1000})) > 0);
  await keyHierarchy.deleteRootWrapper(id);
}

export function testRootRaces(test: StoreTest): void {
  const insertScope = (record: ReturnType<typeof makeFirstKeys>): Racer => ({
    run: ({keyHierarchy}) => keyHierarchy.insertScope(record),
    refusals: [RootsChangedError],
  });
  const scopeSeen =
    (scope: string) =>
    async ({keyHierarchy}: Stores): Promise<boolean> =>
      (await keyHierarchy.findScope(scope)) !== undefined;

  testBarrier(test, 'a root is retired: nothing that is sealed under it comes later', async (stores) => {
    const first = await anyRoots(stores);
    await insertFirstKeys(stores, first);
    const second = await addSealedRoot(stores);
    await stores.keyHierarchy.updateRootWrapper(second, {from: 'adding', to: 'active'});
    const record = makeFirstKeys([...first, second]);
    return {
      change: {
        run: ({keyHierarchy}) => keyHierarchy.updateRootWrapper(second, {from: 'active', to: 'retiring'}),
        refusals: [],
      },
      late: insertScope(record),
      look: scopeSeen(record.scope),
      tidy: (stores) => removeRoot(stores, second),
    };
  });

  testBarrier(test, 'a root is added: nothing that is not sealed under it comes later', async (stores) => {
    const first = await anyRoots(stores);
    await insertFirstKeys(stores, first);
    const second = makeRootWrapper({state: 'adding'});
    const record = makeFirstKeys(first);
    return {
      change: {run: ({keyHierarchy}) => keyHierarchy.insertRootWrapper(second), refusals: []},
      late: insertScope(record),
      look: scopeSeen(record.scope),
      tidy: (stores) => removeRoot(stores, second.id),
    };
  });

  testExclusive(
    test,
    'a root is deleted, or a root key is sealed under it',
    async (stores) => {
      const {rootKeyVersions} = await insertFirstKeys(stores, (await anyRoots(stores)).slice(0, 1));
      const second = makeRootWrapper({state: 'adding'});
      await stores.keyHierarchy.insertRootWrapper(second);
      const sealed = rootKeyVersions.map(({id}) => ({rootKeyVersionId: id, blob: randomBlob()}));
      return [
        {run: ({keyHierarchy}) => keyHierarchy.deleteRootWrapper(second.id), refusals: [KeyInUseError]},
        {
          run: ({keyHierarchy}) => keyHierarchy.insertSealedRootKeys(second.id, sealed),
          refusals: [KeyNotFoundError],
        },
      ];
    },
    async (stores) => {
      for (const {id, state} of await stores.keyHierarchy.listRootWrappers()) {
        if (state === 'adding') await removeRoot(stores, id);
      }
    },
  );
}
