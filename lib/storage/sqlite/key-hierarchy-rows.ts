import type {DataKeyRecord, RootKeyVersionRecord} from '../key-hierarchy-store.ts';
import {groupRows} from './group-rows.ts';
import type {DataKeyVersionRow, SealedRootKeyVersionRow} from './key-hierarchy-statements.ts';

export function toRootKeyVersions(rows: readonly SealedRootKeyVersionRow[]): RootKeyVersionRecord[] {
  return groupRows(rows, (row) => row.id).map(({first: {id, version, createdAt}, all}) => ({
    id,
    version,
    createdAt,
    sealed: all.map(({rootWrapperId, blob}) => ({rootWrapperId, blob})),
  }));
}

export function toDataKeys(rows: readonly DataKeyVersionRow[]): DataKeyRecord[] {
  return groupRows(rows, (row) => row.dataKeyId).map(({first: {dataKeyId, purpose}, all}) => ({
    id: dataKeyId,
    purpose,
    versions: all.map(({id, version, createdAt, rootKeyVersionId, blob}) => ({
      ...{id, version, createdAt, rootKeyVersionId, blob},
    })),
  }));
}
