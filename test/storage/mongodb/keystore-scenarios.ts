import {makeAuthentication, macKeyVersion, materialKeyVersion} from '../keystore-scope.ts';
import {
  ALICE,
  BOB,
  changed,
  insertKey,
  insertKeystore,
  makeKey,
  makeRevocation,
  next,
  resealed,
  tombstone,
} from '../records.ts';
import {deleteDataKeyVersion, refer} from './hierarchy-operations.ts';
import type {Scenario} from './scenario.ts';

export const KEYSTORE_SCENARIOS: readonly Scenario[] = [
  {
    title: 'a new key × the deletion of the data key version that it names',
    begin: async (stores) => {
      const {id} = await insertKeystore(stores);
      const key = makeKey(id);
      return [
        [({keys}) => keys.insert(key, {maxPerKeystore: 9})],
        [deleteDataKeyVersion(materialKeyVersion(id))],
      ];
    },
  },
  {
    title: 'a key updated × the deletion of the data key version that it names then',
    begin: async (stores) => {
      const {id} = await insertKeystore(stores);
      const key = await insertKey(stores, id);
      const moved = resealed(key);
      await stores.keys.replace([{record: moved, replacedSequence: 0}]);
      const back = changed(moved, {versions: key.versions});
      return [[({keys}) => keys.update(back)], [deleteDataKeyVersion(materialKeyVersion(id))]];
    },
  },
  {
    title: 'a key sealed anew × the deletion of the data key version that it named',
    begin: async (stores) => {
      const {id} = await insertKeystore(stores);
      const replacement = {record: resealed(await insertKey(stores, id)), replacedSequence: 0};
      return [
        [async ({keys}) => (await keys.replace([replacement])).join()],
        [deleteDataKeyVersion(materialKeyVersion(id))],
      ];
    },
  },
  {
    title: 'a config authenticated anew × the deletion of the data key version that it names then',
    begin: async (stores) => {
      const config = await insertKeystore(stores);
      const moved = next(config);
      await stores.keystores.update(moved, {replaced: config, updater: ALICE});
      const authentication = makeAuthentication(config.id, 1);
      return [
        [({keystores}) => keystores.replaceAuthentication(moved, authentication)],
        [deleteDataKeyVersion(macKeyVersion(config.id))],
      ];
    },
  },
  {
    title: 'a new key × a transfer of the keystore',
    begin: async (stores) => {
      const config = await insertKeystore(stores);
      const key = makeKey(config.id);
      const transferred = next(config, {controller: BOB});
      return [
        [({keys}) => keys.insert(key, {maxPerKeystore: 9, keystoreSequence: 0})],
        [({keystores}) => keystores.update(transferred, {replaced: config, updater: ALICE})],
      ];
    },
  },
  {
    title: 'a key updated × a transfer of the keystore',
    begin: async (stores) => {
      const config = await insertKeystore(stores);
      const key = await insertKey(stores, config.id);
      const [updated, transferred] = [changed(key), next(config, {controller: BOB})];
      return [
        [({keys}) => keys.update(updated, {keystoreSequence: 0})],
        [({keystores}) => keystores.update(transferred, {replaced: config, updater: ALICE})],
      ];
    },
  },
  {
    title: 'a new key × the deletion of the keystore',
    begin: async (stores) => {
      const {id} = await insertKeystore(stores);
      const key = makeKey(id);
      return [
        [({keys}) => keys.insert(key, {maxPerKeystore: 9})],
        [({keystores}) => keystores.delete(id, {sequence: 0})],
      ];
    },
  },
  {
    title: 'a key erased × the deletion of the keystore',
    begin: async (stores) => {
      const {id} = await insertKeystore(stores);
      const erased = tombstone(await insertKey(stores, id));
      return [[({keys}) => keys.update(erased)], [({keystores}) => keystores.delete(id, {sequence: 0})]];
    },
  },
  {
    title: 'a revocation × the deletion of the keystore',
    begin: async (stores) => {
      const {id} = await insertKeystore(stores);
      const revocation = makeRevocation(id);
      return [
        [({revocations}) => revocations.insert(revocation, {})],
        [({keystores}) => keystores.delete(id, {sequence: 0})],
      ];
    },
  },
  {
    title: 'a root’s sealer × the deletion of the keystore that it names',
    begin: async (stores) => {
      const {id} = await insertKeystore(stores);
      const [root] = await stores.keyHierarchy.listRootWrappers();
      return [[refer(root!.id, macKeyVersion(id))], [({keystores}) => keystores.delete(id, {sequence: 0})]];
    },
  },
  {
    title: 'two new keys where there is room for one',
    begin: async (stores) => {
      const {id} = await insertKeystore(stores);
      return [makeKey(id), makeKey(id)].map((key) => [({keys}) => keys.insert(key, {maxPerKeystore: 1})]);
    },
  },
  {
    title: 'two new keys of one name',
    begin: async (stores) => {
      const {id} = await insertKeystore(stores);
      const tags = {name: 'n'};
      return [makeKey(id, {tags}), makeKey(id, {tags})].map((key) => [
        ({keys}) => keys.insert(key, {maxPerKeystore: 9}),
      ]);
    },
  },
  {
    title: 'two updates of one key',
    begin: async (stores) => {
      const {id} = await insertKeystore(stores);
      const key = await insertKey(stores, id);
      return ['a', 'b']
        .map((description) => changed(key, {description}))
        .map((record) => [({keys}) => keys.update(record)]);
    },
  },
];
