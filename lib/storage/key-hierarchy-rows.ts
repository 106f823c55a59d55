import type {DataKeyRecord, RootKeyVersionRecord} from './key-hierarchy-store.ts';
import {groupRows} from './group-rows.ts';

/** A root key version as one root wrapper has it sealed. */
export interface SealedRootKeyVersionRow {
  readonly id: string;
  readonly version: number;
  readonly createdAt: number;
  readonly rootWrapperId: string;
  readonly blob: Uint8Array;
}

/** With the data key that it is of. */
export interface DataKeyVersionRow {
  readonly dataKeyId: string;
  readonly purpose: string;
  readonly id: string;
  readonly version: number;
  readonly createdAt: number;
  readonly rootKeyVersionId: string;
  readonly blob: Uint8Array;
}

/** Rows in order of version. */
export function toRootKeyVersions(rows: readonly SealedRootKeyVersionRow[]): RootKeyVersionRecord[] {
  return groupRows(rows, (row) => row.id).map(({first: {id, version, createdAt}, all}) => ({
    id,
    version,
    createdAt,
    sealed: all.map(({rootWrapperId, blob}) => ({rootWrapperId, blob})),
  }));
}

/** Rows in order of version, within a data key. */
export function toDataKeys(rows: readonly DataKeyVersionRow[]): DataKeyRecord[] {
  return groupRows(rows, (row) => row.dataKeyId).map(({first: {dataKeyId, purpose}, all}) => ({
    id: dataKeyId,
    purpose,
    versions: all.map(({id, version, createdAt, rootKeyVersionId, blob}) => ({
      ...{id, version, createdAt, rootKeyVersionId, blob},
    })),
  }));
}
