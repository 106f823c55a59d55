import type {KeyManagement} from '../../lib/key-management.ts';
import type {KeyType} from '../../lib/keys/key-types.ts';
import type {KeyRecord} from '../../lib/storage/key-record.ts';
import {generateLocalId} from '../../lib/encoding/local-id.ts';

export interface StoredKeyOptions {
  readonly keystoreId: string;
  readonly type: KeyType;
  /** How many. */
  readonly versions: number;
}

/** Stores a key of the software module with versions that would take long to be asked for. @returns its URL */
export async function storeKey(
  {requestStores, keyModules}: KeyManagement,
  {keystoreId, type, versions}: StoredKeyOptions,
): Promise<string> {
  const localKeyId = generateLocalId();
  const module = keyModules.get('software');
  if (!module) throw new Error('There is no such module.');
  const createdAt = Date.now();
  const made: KeyRecord['versions'][number][] = [];
  for (let version = 1; version <= versions; version++) {
    const generated = await module.generateKey({keystoreId, localKeyId, type, version});
    made.push({version, createdAt, state: 'enabled', ...generated});
  }
  const record: KeyRecord = {
    ...{keystoreId, localKeyId, sequence: 0, type, createdAt, updatedAt: createdAt},
    ...{origin: 'generated', state: 'enabled', versions: made},
  };
  const {sequence = 0} = (await requestStores.keystores.find(keystoreId)) ?? {};
  const options = {maxPerKeystore: Number.MAX_SAFE_INTEGER, keystoreSequence: sequence};
  await requestStores.keys.insert(record, options);
  return `${keystoreId}/keys/${localKeyId}`;
}
