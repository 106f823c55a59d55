import {timingSafeEqual} from 'node:crypto';
import type {
  DataKeyRecord,
  DataKeyVersionRecord,
  ResealedDataKeyVersion,
  ScopeKeysRecord,
} from '../../storage/key-hierarchy-store.ts';
import type {AesGcmKey} from '../aes-gcm-key.ts';
import type {IdentifiedRootWrapper} from '../root-wrapper.ts';
import {SealedBlobError} from '../wrapper.ts';
import {dataKeyContext} from './contexts.ts';
import {openRootKey} from './root-access.ts';
import {dataKeyIdentity, newestVersion} from './scope-record.ts';

/**
 * Seals every data key version that is sealed under an older root key version under the newest one.
 * @throws SealedBlobError where one does not open, or its root key version is gone; UnavailableError
 */
export async function resealDataKeys(
  record: ScopeKeysRecord,
  roots: readonly IdentifiedRootWrapper[],
): Promise<readonly ResealedDataKeyVersion[]> {
  const newest = newestVersion(record.rootKeyVersions);
  const old = record.dataKeys.flatMap((dataKey) =>
    dataKey.versions
      .filter(({rootKeyVersionId}) => rootKeyVersionId !== newest.id)
      .map((version) => ({dataKey, version})),
  );
  if (old.length === 0) return [];
  const needed = new Set([newest.id, ...old.map(({version}) => version.rootKeyVersionId)]);
  const rootKeys = new Map<string, AesGcmKey>();
  try {
    for (const version of record.rootKeyVersions) {
      if (needed.has(version.id)) rootKeys.set(version.id, await openRootKey(record, version, roots));
    }
    return old.map(({dataKey, version}) =>
      reseal(record, dataKey, version, {
        from: requireKey(rootKeys, version.rootKeyVersionId),
        to: requireKey(rootKeys, newest.id),
      }),
    );
  } finally {
    for (const key of rootKeys.values()) key.close();
  }
}

function reseal(
  record: ScopeKeysRecord,
  dataKey: DataKeyRecord,
  version: DataKeyVersionRecord,
  {from, to}: {readonly from: AesGcmKey; readonly to: AesGcmKey},
): ResealedDataKeyVersion {
  const bytes = from.open(version.blob, dataKeyContext(dataKeyIdentity(record, dataKey, version)));
  const resealed = {id: version.id, version: version.version, rootKeyVersionId: to.id};
  const context = dataKeyContext(dataKeyIdentity(record, dataKey, resealed));
  try {
    const blob = to.seal(bytes, context);
    // It takes the place of the only copy.
    const opened = to.open(blob, context);
    const same = opened.length === bytes.length && timingSafeEqual(opened, bytes);
    opened.fill(0);
    if (!same) throw new SealedBlobError();
    return {id: version.id, rootKeyVersionId: to.id, blob, replacedBlob: version.blob};
  } finally {
    bytes.fill(0);
  }
}

function requireKey(keys: ReadonlyMap<string, AesGcmKey>, id: string): AesGcmKey {
  const key = keys.get(id);
  if (!key) throw new SealedBlobError();
  return key;
}
