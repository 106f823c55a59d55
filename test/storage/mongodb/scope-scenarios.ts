import {
  insertFirstKeys,
  insertRoot,
  makeFirstKeys,
  makeRotation,
  randomBlob,
  rotate,
} from '../key-hierarchy-records.ts';
import {deleteDataKeyVersion, refer} from './hierarchy-operations.ts';
import type {Scenario} from './scenario.ts';

export const SCOPE_SCENARIOS: readonly Scenario[] = [
  {
    title: 'a root’s sealer × the deletion of the data key version that it names',
    begin: async (stores) => {
      const {id} = await insertRoot(stores);
      const record = await rotate(stores, await insertFirstKeys(stores, [id]), [id]);
      const old = record.dataKeys[0]!.versions[0]!.id;
      return [[refer(id, old)], [deleteDataKeyVersion(old)]];
    },
  },
  {
    title: 'a root’s sealer × the deletion of the scope that it names',
    begin: async (stores) => {
      const {id} = await insertRoot(stores);
      const {scope, dataKeys} = await insertFirstKeys(stores, [id]);
      return [
        [refer(id, dataKeys[0]!.versions[0]!.id)],
        [({keyHierarchy}) => keyHierarchy.deleteScope(scope)],
      ];
    },
  },
  {
    title: 'two first keys of one scope',
    begin: async (stores) => {
      const {id} = await insertRoot(stores);
      const first = makeFirstKeys([id]);
      const second = makeFirstKeys([id], {scope: first.scope});
      return [first, second].map((keys) => [({keyHierarchy}) => keyHierarchy.insertScope(keys)]);
    },
  },
  {
    title: 'two rotations of one scope',
    begin: async (stores) => {
      const {id} = await insertRoot(stores);
      const record = await insertFirstKeys(stores, [id]);
      return [makeRotation(record, [id]), makeRotation(record, [id])].map((rotation) => [
        ({keyHierarchy}) => keyHierarchy.addKeys(record.scope, rotation),
      ]);
    },
  },
  {
    title: 'a data key version sealed under a root key version × the deletion of that',
    begin: async (stores) => {
      const {id} = await insertRoot(stores);
      const record = await rotate(stores, await insertFirstKeys(stores, [id]), [id]);
      const [old, newest] = record.rootKeyVersions.map((version) => version.id);
      const anew = record.dataKeys.map(({versions: [version]}) => ({
        ...{id: version!.id, rootKeyVersionId: newest!, blob: randomBlob(), replacedBlob: version!.blob},
      }));
      const dataKeyId = record.dataKeys[0]!.id;
      const version = {id: 'kdkv_late', version: 3, createdAt: 1, rootKeyVersionId: old!, blob: randomBlob()};
      return [
        [
          ({keyHierarchy}) =>
            keyHierarchy.addKeys(record.scope, {dataKeyVersions: [{...version, dataKeyId}]}),
        ],
        [
          ({keyHierarchy}) => keyHierarchy.resealDataKeyVersions(record.scope, anew),
          ({keyHierarchy}) => keyHierarchy.deleteRootKeyVersion(old!),
        ],
      ];
    },
  },
];
