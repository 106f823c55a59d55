import {randomBytes} from 'node:crypto';
import type {
  DataKeyRecord,
  DataKeyVersionRecord,
  RootKeyVersionRecord,
  ScopeKeysAddition,
  ScopeKeysRecord,
} from '../../storage/key-hierarchy-store.ts';
import {AesGcmKey, KEY_BYTES} from '../aes-gcm-key.ts';
import {randomId} from '../random-id.ts';
import type {IdentifiedRootSealer} from '../root-wrapper.ts';
import {dataKeyContext} from './contexts.ts';
import {sealRootKey} from './root-access.ts';
import {dataKeyIdentity, newestVersion} from './scope-record.ts';

export interface NewKeysOptions {
  /** Every root that a root key must be sealed under. */
  readonly roots: readonly IdentifiedRootSealer[];
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

type RootKey = Pick<ScopeKeysRecord, 'scope' | 'rootKeyId'>;

/** Makes a scope's first keys, sealed: a root key and a data key per purpose, version 1 each. @throws UnavailableError */
export async function newScopeRecord(
  {scope, purposes}: {readonly scope: string; readonly purposes: Iterable<string>},
  options: NewKeysOptions,
): Promise<ScopeKeysRecord> {
  const rootKey = {scope, rootKeyId: randomId('krk')};
  const {version, key} = await newRootKeyVersion(rootKey, 1, options);
  const dataKeys = Array.from(purposes, (purpose) => newDataKey(rootKey, purpose, {key, ...options}));
  key.close();
  return {...rootKey, rootKeyVersions: [version], dataKeys};
}

/** Makes data keys for purposes that a scope lacks, under its newest root key version, which `key` is. */
export function newDataKeys(
  record: ScopeKeysRecord,
  purposes: readonly string[],
  options: {readonly key: AesGcmKey; readonly createdAt: number},
): readonly DataKeyRecord[] {
  return purposes.map((purpose) => newDataKey(record, purpose, options));
}

/** Makes a new version of the root key, and under it one of every data key. @throws UnavailableError */
export async function newVersions(
  record: ScopeKeysRecord,
  options: NewKeysOptions,
): Promise<Required<Pick<ScopeKeysAddition, 'rootKeyVersion' | 'dataKeyVersions'>>> {
  const number = newestVersion(record.rootKeyVersions).version + 1;
  const {version, key} = await newRootKeyVersion(record, number, options);
  const dataKeyVersions = record.dataKeys.map((dataKey) => {
    const next = newestVersion(dataKey.versions).version + 1;
    return {dataKeyId: dataKey.id, ...newDataKeyVersion(record, dataKey, next, {key, ...options})};
  });
  key.close();
  return {rootKeyVersion: version, dataKeyVersions};
}

async function newRootKeyVersion(
  rootKey: RootKey,
  number: number,
  {roots, createdAt}: NewKeysOptions,
): Promise<{readonly version: RootKeyVersionRecord; readonly key: AesGcmKey}> {
  const version = {id: randomId('krkv'), version: number, createdAt};
  const bytes = randomBytes(KEY_BYTES);
  try {
    const sealed = await sealRootKey(bytes, rootKey, version, roots);
    return {version: {...version, sealed}, key: new AesGcmKey(version.id, bytes)};
  } finally {
    bytes.fill(0);
  }
}

interface UnderRootKey {
  /** The root key version that the data key is sealed under. */
  readonly key: AesGcmKey;
  readonly createdAt: number;
}

function newDataKey(rootKey: RootKey, purpose: string, options: UnderRootKey): DataKeyRecord {
  const dataKey = {id: randomId('kdk'), purpose};
  return {...dataKey, versions: [newDataKeyVersion(rootKey, dataKey, 1, options)]};
}

function newDataKeyVersion(
  rootKey: RootKey,
  dataKey: Pick<DataKeyRecord, 'id' | 'purpose'>,
  number: number,
  {key, createdAt}: UnderRootKey,
): DataKeyVersionRecord {
  const version = {id: randomId('kdkv'), version: number, createdAt, rootKeyVersionId: key.id};
  const bytes = randomBytes(KEY_BYTES);
  try {
    const context = dataKeyContext(dataKeyIdentity(rootKey, dataKey, version));
    return {...version, blob: key.seal(bytes, context)};
  } finally {
    bytes.fill(0);
  }
}
