import {SoftwareKeyModule} from '../../lib/key-modules/software/software-key-module.ts';
import type {KeyOperation, KeyType} from '../../lib/keys/key-types.ts';
import {planGenerateKey} from '../../lib/operations/generate-key.ts';
import type {UsableKey} from '../../lib/operations/operation.ts';
import {usableKey} from '../../lib/operations/usable-key.ts';
import type {KeyRecord} from '../../lib/storage/key-record.ts';
import {MemoryWrappers} from '../key-modules/memory-wrappers.ts';

export const KEYSTORE = {id: 'https://localhost:9443/kms/keystores/z1A', controller: 'did:example:owner'};
export const KEY_URL = `${KEYSTORE.id}/keys/z1B`;

export const software = new SoftwareKeyModule({wrappers: new MemoryWrappers()});

/** Generates a key as `GenerateKeyOperation` does. */
export async function generateRecord(type: KeyType): Promise<KeyRecord> {
  const operation = {type: 'GenerateKeyOperation', invocationTarget: {type}} as const;
  const {record} = await planGenerateKey(operation, {keystore: KEYSTORE, module: software, createdAt: 1})();
  return record;
}

export async function generateUsableKey(type: KeyType, action: KeyOperation): Promise<UsableKey> {
  return usableKey(await generateRecord(type), action, software);
}
