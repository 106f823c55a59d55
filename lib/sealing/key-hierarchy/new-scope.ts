import {randomBytes} from 'node:crypto';
import type {DataKeyRecord, ScopeKeysRecord} from '../../storage/key-hierarchy-store.ts';
import {AesGcmKey, KEY_BYTES} from '../aes-gcm-key.ts';
import {randomId} from '../random-id.ts';
import type {IdentifiedRootWrapper} from '../root-wrapper.ts';
import {dataKeyContext} from './contexts.ts';
import {sealRootKey} from './root-access.ts';

export interface NewScopeOptions {
  readonly scope: string;
  readonly purposes: Iterable<string>;
  readonly rootWrappers: readonly IdentifiedRootWrapper[];
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

/** Makes a scope's first keys, sealed: a root key and a data key per purpose, version 1 each. @throws UnavailableError */
export async function newScopeRecord({
  scope,
  purposes,
  rootWrappers,
  createdAt,
}: NewScopeOptions): Promise<ScopeKeysRecord> {
  const rootKeyId = randomId('krk');
  const version = {id: randomId('krkv'), version: 1, createdAt};
  const bytes = randomBytes(KEY_BYTES);
  try {
    const rootKey = new AesGcmKey(version.id, bytes);
    const id = {scope, rootKeyId, rootKeyVersionId: version.id, version: version.version};
    const sealed = await sealRootKey(bytes, id, rootWrappers);
    const dataKeys = Array.from(purposes, (purpose) =>
      newDataKey({scope, purpose, rootKeyId, rootKey, createdAt}),
    );
    return {scope, rootKeyId, rootKeyVersions: [{...version, sealed}], dataKeys};
  } finally {
    bytes.fill(0);
  }
}

interface NewDataKeyOptions {
  readonly scope: string;
  readonly purpose: string;
  readonly rootKeyId: string;
  readonly rootKey: AesGcmKey;
  readonly createdAt: number;
}

function newDataKey({scope, purpose, rootKeyId, rootKey, createdAt}: NewDataKeyOptions): DataKeyRecord {
  const dataKeyId = randomId('kdk');
  const version = {id: randomId('kdkv'), version: 1, createdAt, rootKeyVersionId: rootKey.id};
  const context = dataKeyContext({
    scope,
    purpose,
    rootKeyId,
    rootKeyVersionId: rootKey.id,
    dataKeyId,
    dataKeyVersionId: version.id,
    version: version.version,
  });
  const bytes = randomBytes(KEY_BYTES);
  try {
    return {id: dataKeyId, purpose, versions: [{...version, blob: rootKey.seal(bytes, context)}]};
  } finally {
    bytes.fill(0);
  }
}
