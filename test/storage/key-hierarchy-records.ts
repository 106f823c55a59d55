import {randomBytes} from 'node:crypto';
import type {
  DataKeyRecord,
  DataKeyVersionRecord,
  RootKeyVersionRecord,
  RootWrapperRecord,
  ScopeKeysAddition,
  ScopeKeysRecord,
} from '../../lib/storage/key-hierarchy-store.ts';
import type {Stores} from '../../lib/storage/stores.ts';
import {keystoreUrl, makeRootWrapper, NOW} from './records.ts';
import {plain} from './store-suite.ts';

const randomId = (prefix: string): string => `${prefix}_${randomBytes(8).toString('hex')}`;
export const randomBlob = (): Uint8Array => randomBytes(61);

export function makeRootKeyVersion(
  rootWrapperIds: readonly string[],
  version: number,
  members: Partial<RootKeyVersionRecord> = {},
): RootKeyVersionRecord {
  const sealed = rootWrapperIds.map((rootWrapperId) => ({rootWrapperId, blob: randomBlob()}));
  return {id: randomId('krkv'), version, createdAt: NOW + version, sealed, ...members};
}

export const makeDataKeyVersion = (
  rootKeyVersionId: string,
  version: number,
  members: Partial<DataKeyVersionRecord> = {},
): DataKeyVersionRecord => ({
  id: randomId('kdkv'),
  version,
  createdAt: NOW + version,
  rootKeyVersionId,
  blob: randomBlob(),
  ...members,
});

export const makeDataKey = (
  rootKeyVersionId: string,
  purpose: string,
  members: Partial<DataKeyRecord> = {},
): DataKeyRecord => ({
  id: randomId('kdk'),
  purpose,
  versions: [makeDataKeyVersion(rootKeyVersionId, 1)],
  ...members,
});

/** A scope's first keys: a root key, and data keys for the purposes `a` and `b`, of version 1 each. */
export function makeFirstKeys(
  rootWrapperIds: readonly string[],
  members: Partial<ScopeKeysRecord> = {},
): ScopeKeysRecord {
  const rootKeyVersion = makeRootKeyVersion(rootWrapperIds, 1);
  return {
    scope: keystoreUrl(),
    rootKeyId: randomId('krk'),
    rootKeyVersions: [rootKeyVersion],
    dataKeys: ['a', 'b'].map((purpose) => makeDataKey(rootKeyVersion.id, purpose)),
    ...members,
  };
}

/** New versions of the scope's root key and of all its data keys. */
export function makeRotation(record: ScopeKeysRecord, rootWrapperIds: readonly string[]) {
  const rootKeyVersion = makeRootKeyVersion(
    rootWrapperIds,
    (record.rootKeyVersions.at(-1)?.version ?? 0) + 1,
  );
  const dataKeyVersions = record.dataKeys.map(({id: dataKeyId, versions}) => ({
    ...makeDataKeyVersion(rootKeyVersion.id, (versions.at(-1)?.version ?? 0) + 1),
    dataKeyId,
  }));
  return {rootKeyVersion, dataKeyVersions} satisfies ScopeKeysAddition;
}

/** What a record is after an addition. */
export function withAdded(record: ScopeKeysRecord, addition: ScopeKeysAddition): ScopeKeysRecord {
  const {rootKeyVersion, dataKeys = [], dataKeyVersions = []} = addition;
  const added = (dataKey: DataKeyRecord): DataKeyVersionRecord[] =>
    dataKeyVersions
      .filter(({dataKeyId}) => dataKeyId === dataKey.id)
      .map(({id, version, createdAt, rootKeyVersionId, blob}) => ({
        ...{id, version, createdAt, rootKeyVersionId, blob},
      }));
  return {
    ...record,
    rootKeyVersions: [...record.rootKeyVersions, ...(rootKeyVersion ? [rootKeyVersion] : [])],
    dataKeys: [
      ...record.dataKeys.map((dataKey) => ({...dataKey, versions: [...dataKey.versions, ...added(dataKey)]})),
      ...dataKeys,
    ],
  };
}

/** A scope's data keys have no order, nor has what a root key version is sealed to. */
export const inAnyOrder = (record: ScopeKeysRecord | undefined): unknown =>
  record &&
  plain({
    ...record,
    rootKeyVersions: record.rootKeyVersions.map(({sealed, ...version}) => ({
      ...version,
      sealed: sealed.toSorted((a, b) => (a.rootWrapperId < b.rootWrapperId ? -1 : 1)),
    })),
    dataKeys: record.dataKeys.toSorted((a, b) => (a.purpose < b.purpose ? -1 : 1)),
  });

/** Stores the first root wrapper. */
export async function insertRoot(
  {keyHierarchy}: Stores,
  members: Partial<RootWrapperRecord> = {},
): Promise<RootWrapperRecord> {
  const record = makeRootWrapper(members);
  await keyHierarchy.insertFirstRootWrapper(record);
  return record;
}

/** Stores a scope's first keys. */
export async function insertFirstKeys(
  {keyHierarchy}: Stores,
  rootWrapperIds: readonly string[],
  members: Partial<ScopeKeysRecord> = {},
): Promise<ScopeKeysRecord> {
  const record = makeFirstKeys(rootWrapperIds, members);
  await keyHierarchy.insertScope(record);
  return record;
}

/** Stores a rotation of the scope. @returns what is stored now */
export async function rotate(
  {keyHierarchy}: Stores,
  record: ScopeKeysRecord,
  rootWrapperIds: readonly string[],
): Promise<ScopeKeysRecord> {
  const addition = makeRotation(record, rootWrapperIds);
  await keyHierarchy.addKeys(record.scope, addition);
  return withAdded(record, addition);
}
