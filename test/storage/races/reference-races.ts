import {KeyInUseError, KeyNotFoundError} from '../../../lib/storage/key-errors.ts';
import {
  insertFirstKeys,
  makeDataKeyVersion,
  makeRootKeyVersion,
  randomBlob,
} from '../key-hierarchy-records.ts';
import {makeAuthentication, materialKeyVersion} from '../keystore-scope.ts';
import {ALICE, changed, insertKey, insertKeystore, makeKey, next, resealed} from '../records.ts';
import {testExclusive, type Racer, anyRoots} from './race-both.ts';
import type {StoreTest} from '../store-suite.ts';

const QUOTA = {maxPerKeystore: 1000};

export function testReferenceRaces(test: StoreTest): void {
  const remove = (id: string): Racer => ({
    run: ({keyHierarchy}) => keyHierarchy.deleteDataKeyVersion(id),
    refusals: [KeyInUseError],
  });

  testExclusive(test, 'a data key version is deleted, or a new key names it', async (stores) => {
    const {id} = await insertKeystore(stores);
    const key = makeKey(id);
    return [
      remove(materialKeyVersion(id)),
      {run: ({keys}) => keys.insert(key, QUOTA), refusals: [KeyNotFoundError]},
    ];
  });

  testExclusive(test, 'a data key version is deleted, or a key’s next version names it', async (stores) => {
    const {id} = await insertKeystore(stores);
    // All else is under the second version.
    const first = await insertKey(stores, id);
    const under2 = resealed(first);
    await stores.keys.replace([{record: under2, replacedSequence: 0}]);
    const [version] = under2.versions;
    const added = {...version!, version: 2, publicKey: randomBlob(), material: randomBlob()};
    const record = {
      ...changed(under2, {
        versions: [version!, {...added, dataKeyVersionId: materialKeyVersion(id, 1)}],
      }),
      authentication: makeAuthentication(id, 2),
    };
    return [
      remove(materialKeyVersion(id, 1)),
      {run: ({keys}) => keys.update(record), refusals: [KeyNotFoundError]},
    ];
  });

  testExclusive(test, 'a data key version is deleted, or a keystore’s MAC names it', async (stores) => {
    const inserted = await insertKeystore(stores);
    const old = inserted.authentication.dataKeyVersionId;
    const replaced = {...inserted, authentication: makeAuthentication(inserted.id, 2)};
    await stores.keystores.replaceAuthentication(inserted, replaced.authentication);
    const config = {...next(replaced), authentication: makeAuthentication(inserted.id, 1)};
    return [
      remove(old),
      {
        run: ({keystores}) => keystores.update(config, {replaced, updater: ALICE}),
        refusals: [KeyNotFoundError],
      },
    ];
  });

  testExclusive(test, 'a data key version is deleted, or a root’s sealer names it', async (stores) => {
    const {id} = await insertKeystore(stores);
    const dataKeyVersionId = materialKeyVersion(id);
    const [root] = await stores.keyHierarchy.listRootWrappers();
    const sealer = {blob: randomBlob(), dataKeyVersionId};
    return [
      remove(dataKeyVersionId),
      {
        run: ({keyHierarchy}) =>
          keyHierarchy.updateRootWrapper(root!.id, {from: 'active', to: 'active', sealer}),
        refusals: [KeyNotFoundError],
      },
    ];
  });

  testExclusive(
    test,
    'a root key version is deleted, or a data key version is sealed under it',
    async (stores) => {
      const roots = await anyRoots(stores);
      const first = await insertFirstKeys(stores, roots);
      const middle = makeRootKeyVersion(roots, 2);
      await stores.keyHierarchy.addKeys(first.scope, {rootKeyVersion: middle});
      await stores.keyHierarchy.addKeys(first.scope, {rootKeyVersion: makeRootKeyVersion(roots, 3)});
      const added = {...makeDataKeyVersion(middle.id, 2), dataKeyId: first.dataKeys[0]!.id};
      return [
        {run: ({keyHierarchy}) => keyHierarchy.deleteRootKeyVersion(middle.id), refusals: [KeyInUseError]},
        {
          run: ({keyHierarchy}) => keyHierarchy.addKeys(first.scope, {dataKeyVersions: [added]}),
          refusals: [KeyNotFoundError],
        },
      ];
    },
  );
}
