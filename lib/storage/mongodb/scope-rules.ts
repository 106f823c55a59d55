import {DuplicateError} from '../../errors.ts';
import {KeyInUseError, KeyNotFoundError} from '../key-errors.ts';
import type {
  DataKeyRecord,
  DataKeyVersionRecord,
  ResealedDataKeyVersion,
  RootKeyVersionRecord,
  ScopeKeysAddition,
  ScopeKeysRecord,
} from '../key-hierarchy-store.ts';
import {requireSome} from '../require-some.ts';
import {keyIdsOf} from './scope-document.ts';

/** What could not be read back is a defect of the caller. */
function requireFilled(...values: readonly (string | Uint8Array)[]): void {
  if (values.some(({length}) => length === 0)) throw new TypeError('A key at rest has no empty member.');
}

function requireTime(ms: number): void {
  if (!Number.isSafeInteger(ms)) throw new TypeError('A time is a whole number of milliseconds.');
}

const newestOf = (versions: readonly {readonly version: number}[]): number =>
  Math.max(0, ...versions.map(({version}) => version));

/** Versions count from 1 without a gap. @throws DuplicateError where another has added it meanwhile */
function requireNext(version: number, versions: readonly {readonly version: number}[]): void {
  const newest = newestOf(versions);
  if (version <= newest) throw new DuplicateError('Another has added that version.');
  if (version !== newest + 1) throw new TypeError('Versions count from 1 without a gap.');
}

function addRootKeyVersion(record: ScopeKeysRecord, added: RootKeyVersionRecord): ScopeKeysRecord {
  const {id, version, createdAt, sealed} = added;
  requireFilled(id, ...requireSome(sealed).flatMap(({rootWrapperId, blob}) => [rootWrapperId, blob]));
  requireTime(createdAt);
  requireNext(version, record.rootKeyVersions);
  const own = {
    id,
    version,
    createdAt,
    sealed: sealed.map(({rootWrapperId, blob}) => ({rootWrapperId, blob})),
  };
  return {...record, rootKeyVersions: [...record.rootKeyVersions, own]};
}

function requireRootKeyVersion(record: ScopeKeysRecord, id: string): RootKeyVersionRecord {
  const found = record.rootKeyVersions.find((version) => version.id === id);
  if (!found) throw new KeyNotFoundError('There is no such root key version.');
  return found;
}

function withVersion(
  record: ScopeKeysRecord,
  dataKey: DataKeyRecord,
  {id, version, createdAt, rootKeyVersionId, blob}: DataKeyVersionRecord,
): DataKeyRecord {
  requireRootKeyVersion(record, rootKeyVersionId);
  requireFilled(id, blob);
  requireTime(createdAt);
  requireNext(version, dataKey.versions);
  return {...dataKey, versions: [...dataKey.versions, {id, version, createdAt, rootKeyVersionId, blob}]};
}

function addDataKey(record: ScopeKeysRecord, {id, purpose, versions}: DataKeyRecord): ScopeKeysRecord {
  requireFilled(id, purpose);
  if (record.dataKeys.some((other) => other.purpose === purpose)) {
    throw new DuplicateError('Another has added a data key for that purpose.');
  }
  const empty: DataKeyRecord = {id, purpose, versions: []};
  const dataKey = requireSome(versions).reduce((key, version) => withVersion(record, key, version), empty);
  return {...record, dataKeys: [...record.dataKeys, dataKey]};
}

/** @throws DuplicateError where an id is there twice */
function requireDistinctIds(record: ScopeKeysRecord): ScopeKeysRecord {
  const ids = keyIdsOf(record);
  if (new Set(ids).size === ids.length) return record;
  throw new DuplicateError('A key with that id exists.');
}

/** @returns the record as it will be stored. @throws DuplicateError, KeyNotFoundError; TypeError of what is none */
export function toNewScope({scope, rootKeyId, rootKeyVersions, dataKeys}: ScopeKeysRecord): ScopeKeysRecord {
  requireFilled(scope, rootKeyId);
  const empty: ScopeKeysRecord = {scope, rootKeyId, rootKeyVersions: [], dataKeys: []};
  const withRoot = requireSome(rootKeyVersions).reduce(addRootKeyVersion, empty);
  return requireDistinctIds(dataKeys.reduce(addDataKey, withRoot));
}

/** @returns what the scope is then. @throws DuplicateError, KeyNotFoundError; TypeError of what is none */
export function addToScope(
  record: ScopeKeysRecord,
  {rootKeyVersion, dataKeys = [], dataKeyVersions = []}: ScopeKeysAddition,
): ScopeKeysRecord {
  const withRoot = rootKeyVersion ? addRootKeyVersion(record, rootKeyVersion) : record;
  const withKeys = dataKeys.reduce(addDataKey, withRoot);
  const all = dataKeyVersions.reduce((current, {dataKeyId, ...version}) => {
    if (!current.dataKeys.some(({id}) => id === dataKeyId)) {
      throw new KeyNotFoundError('There is no such data key.');
    }
    const changed = current.dataKeys.map((dataKey) =>
      dataKey.id === dataKeyId ? withVersion(current, dataKey, version) : dataKey,
    );
    return {...current, dataKeys: changed};
  }, withKeys);
  return requireDistinctIds(all);
}

const isEqual = (a: Uint8Array, b: Uint8Array): boolean => Buffer.from(a).equals(b);

/** @returns what the scope is then, and how many were replaced. @throws KeyNotFoundError; TypeError of what is none */
export function resealInScope(
  record: ScopeKeysRecord,
  resealed: readonly ResealedDataKeyVersion[],
): {readonly record: ScopeKeysRecord; readonly count: number} {
  let count = 0;
  const reseal = (
    stored: DataKeyVersionRecord,
    {id, rootKeyVersionId, blob, replacedBlob}: ResealedDataKeyVersion,
  ): DataKeyVersionRecord => {
    if (stored.id !== id || !isEqual(stored.blob, replacedBlob)) return stored;
    const newer = requireRootKeyVersion(record, rootKeyVersionId);
    requireFilled(blob);
    if (
      isEqual(blob, stored.blob) ||
      newer.version <= requireRootKeyVersion(record, stored.rootKeyVersionId).version
    ) {
      throw new TypeError('A data key version is sealed again by a newer version of the root key only.');
    }
    count++;
    return {...stored, rootKeyVersionId, blob};
  };
  const dataKeys = record.dataKeys.map(({versions, ...dataKey}) => ({
    ...dataKey,
    versions: versions.map((version) => resealed.reduce(reseal, version)),
  }));
  return {record: {...record, dataKeys}, count};
}

function requireOld(id: string, versions: readonly {readonly id: string; readonly version: number}[]): void {
  const newest = newestOf(versions);
  if (versions.some((version) => version.id === id && version.version === newest)) {
    throw new KeyInUseError('It is the newest version of its key.');
  }
}

/** @returns the scope without it; undefined where it has no such version. @throws KeyInUseError where it is the newest */
export function withoutDataKeyVersion(record: ScopeKeysRecord, id: string): ScopeKeysRecord | undefined {
  const dataKey = record.dataKeys.find(({versions}) => versions.some((version) => version.id === id));
  if (!dataKey) return undefined;
  requireOld(id, dataKey.versions);
  const left = {...dataKey, versions: dataKey.versions.filter((version) => version.id !== id)};
  return {...record, dataKeys: record.dataKeys.map((each) => (each === dataKey ? left : each))};
}

/** As `withoutDataKeyVersion`. @throws KeyInUseError, too, where a data key version is sealed under it */
export function withoutRootKeyVersion(record: ScopeKeysRecord, id: string): ScopeKeysRecord | undefined {
  if (!record.rootKeyVersions.some((version) => version.id === id)) return undefined;
  requireOld(id, record.rootKeyVersions);
  const isUsed = record.dataKeys.some(({versions}) =>
    versions.some(({rootKeyVersionId}) => rootKeyVersionId === id),
  );
  if (isUsed) throw new KeyInUseError('A data key version is sealed under it.');
  return {...record, rootKeyVersions: record.rootKeyVersions.filter((version) => version.id !== id)};
}
