import type {
  DataKeyRecord,
  KeyHierarchyStore,
  RootKeyVersionRecord,
  ScopeKeysRecord,
} from '../../storage/key-hierarchy-store.ts';
import {ROOT_KEY_PURPOSE, type KeyInfo} from '../key-administration.ts';
import {MultipleRecordsError} from '../sealing-errors.ts';
import {SealedBlobError} from '../wrapper.ts';
import type {DataContext, DataKeyContext, RootKeyContext} from './contexts.ts';

/**
 * Reads a scope's keys. That the record is the scope's which was asked for refuses one that was put in another's place.
 * @returns undefined where the scope has none
 * @throws SealedBlobError where it says that it is another's; MultipleRecordsError; UnavailableError
 */
export async function findScopeRecord(
  store: Pick<KeyHierarchyStore, 'findScope'>,
  scope: string,
): Promise<ScopeKeysRecord | undefined> {
  const record = await store.findScope(scope);
  if (!record) return undefined;
  if (record.scope !== scope) throw new SealedBlobError();
  assertUnique(record.dataKeys.map(({purpose}) => purpose));
  for (const {versions} of [{versions: record.rootKeyVersions}, ...record.dataKeys])
    assertUnique(versions.map(({version}) => version));
  return record;
}

/** @throws SealedBlobError where there is none. */
export function newestVersion<V extends {readonly version: number}>(versions: readonly V[]): V {
  const newest = versions.reduce<V | undefined>(
    (best, version) => (best && best.version > version.version ? best : version),
    undefined,
  );
  if (!newest) throw new SealedBlobError();
  return newest;
}

export function rootKeyIdentity(
  {scope, rootKeyId}: Pick<ScopeKeysRecord, 'scope' | 'rootKeyId'>,
  {id, version}: Pick<RootKeyVersionRecord, 'id' | 'version'>,
): Omit<RootKeyContext, 'rootWrapperId'> {
  return {scope, rootKeyId, rootKeyVersionId: id, version};
}

type VersionIdentity = Pick<DataKeyRecord['versions'][number], 'id' | 'version'>;

export function dataKeyIdentity(
  {scope, rootKeyId}: Pick<ScopeKeysRecord, 'scope' | 'rootKeyId'>,
  {id: dataKeyId, purpose}: Pick<DataKeyRecord, 'id' | 'purpose'>,
  {id, version, rootKeyVersionId}: VersionIdentity & {readonly rootKeyVersionId: string},
): DataKeyContext {
  return {scope, purpose, rootKeyId, rootKeyVersionId, dataKeyId, dataKeyVersionId: id, version};
}

export function dataIdentity(
  {scope}: Pick<ScopeKeysRecord, 'scope'>,
  {id: dataKeyId, purpose}: Pick<DataKeyRecord, 'id' | 'purpose'>,
  {id, version}: VersionIdentity,
): DataContext {
  return {scope, purpose, dataKeyId, dataKeyVersionId: id, version};
}

/** What operators may see of a scope's keys: the root key first, then the data keys by purpose. */
export function toKeyInfos({rootKeyId, rootKeyVersions, dataKeys}: ScopeKeysRecord): readonly KeyInfo[] {
  const rootKey: KeyInfo = {
    id: rootKeyId,
    purpose: ROOT_KEY_PURPOSE,
    versions: inOrder(rootKeyVersions).map(({id, version, createdAt}) => ({id, version, createdAt})),
  };
  const others = dataKeys.map(({id: dataKeyId, purpose, versions}) => ({
    id: dataKeyId,
    purpose,
    versions: inOrder(versions).map(({id, version, createdAt, rootKeyVersionId}) => ({
      ...{id, version, createdAt, rootKeyVersionId},
    })),
  }));
  return [rootKey, ...others.sort((a, b) => (a.purpose < b.purpose ? -1 : 1))];
}

function inOrder<V extends {readonly version: number}>(versions: readonly V[]): readonly V[] {
  return versions.toSorted((a, b) => a.version - b.version);
}

function assertUnique(values: readonly (string | number)[]): void {
  if (new Set(values).size < values.length)
    throw new MultipleRecordsError('A scope has several records where one must be.');
}
