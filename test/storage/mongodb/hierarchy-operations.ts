import type {
  RootWrapperRecord,
  RootWrapperState,
  ScopeKeysRecord,
} from '../../../lib/storage/key-hierarchy-store.ts';
import type {Stores} from '../../../lib/storage/stores.ts';
import {randomBlob} from '../key-hierarchy-records.ts';

export const move =
  (id: string, from: RootWrapperState, to: RootWrapperState) =>
  ({keyHierarchy}: Stores): Promise<boolean> =>
    keyHierarchy.updateRootWrapper(id, {from, to});

export const refer =
  (id: string, dataKeyVersionId: string, blob = randomBlob()) =>
  ({keyHierarchy}: Stores): Promise<boolean> =>
    keyHierarchy.updateRootWrapper(id, {from: 'active', to: 'active', sealer: {blob, dataKeyVersionId}});

export const deleteDataKeyVersion =
  (id: string) =>
  ({keyHierarchy}: Stores): Promise<boolean> =>
    keyHierarchy.deleteDataKeyVersion(id);

export const addRoot =
  (root: RootWrapperRecord) =>
  ({keyHierarchy}: Stores): Promise<void> =>
    keyHierarchy.insertRootWrapper(root);

export const seal = (rootWrapperId: string, {rootKeyVersions}: ScopeKeysRecord) => {
  const sealed = rootKeyVersions.map(({id}) => ({rootKeyVersionId: id, blob: randomBlob()}));
  return ({keyHierarchy}: Stores): Promise<void> => keyHierarchy.insertSealedRootKeys(rootWrapperId, sealed);
};

export const unseal =
  (rootWrapperId: string) =>
  ({keyHierarchy}: Stores): Promise<number> =>
    keyHierarchy.deleteSealedRootKeys(rootWrapperId, {limit: 9});

export const deleteRoot =
  (id: string) =>
  ({keyHierarchy}: Stores): Promise<boolean> =>
    keyHierarchy.deleteRootWrapper(id);
