import {pino} from 'pino';
import {SoftwareKeyModule} from '../../lib/key-modules/software/software-key-module.ts';
import {addVersion} from '../../lib/keys/key-changes.ts';
import type {KeyDefaults} from '../../lib/keys/key-defaults.ts';
import {describeKey, type KeyDescription} from '../../lib/keys/key-description.ts';
import type {KeyType} from '../../lib/keys/key-types.ts';
import {planGenerateKey} from '../../lib/operations/generate-key.ts';
import type {NewKeyContext} from '../../lib/operations/operation.ts';
import {usableKey, type UsableKey} from '../../lib/operations/usable-key.ts';
import type {KeyRecord} from '../../lib/storage/key-record.ts';
import type {OperationBody} from '../../schemas/kms-operations.ts';
import {MemoryWrappers} from '../key-modules/memory-wrappers.ts';

export const KEYSTORE = {id: 'https://localhost:9443/kms/keystores/z1A', controller: 'did:example:owner'};
export const KEY_URL = `${KEYSTORE.id}/keys/z1B`;

export const software = new SoftwareKeyModule({wrappers: new MemoryWrappers()});

export const DEFAULTS: KeyDefaults = {
  enforced: false,
  deletionWindowSeconds: 30 * 86_400,
  minDeletionWindowSeconds: 1,
};

export const NEW_KEYS: Omit<NewKeyContext, 'importTokens'> = {
  keystore: KEYSTORE,
  module: software,
  defaults: DEFAULTS,
  now: 1,
};

export const silent = pino({level: 'silent'});

type Target = OperationBody<'GenerateKeyOperation'>['invocationTarget'];

/** Generates a key as `GenerateKeyOperation` does; of so many versions. */
export async function generateRecord(
  type: KeyType,
  {versions = 1, ...target}: Partial<Target> & {readonly versions?: number} = {},
): Promise<KeyRecord> {
  const operation = {type: 'GenerateKeyOperation', invocationTarget: {...target, type}} as const;
  let record = await planGenerateKey(operation, NEW_KEYS)();
  for (let version = 2; version <= versions; version++) {
    const {keystoreId, localKeyId} = record;
    record = addVersion(record, await software.generateKey({keystoreId, localKeyId, type, version}), version);
  }
  return record;
}

export async function generateUsableKey(
  type: KeyType,
  options?: Parameters<typeof generateRecord>[1],
): Promise<UsableKey> {
  return usableKey(await generateRecord(type, options), software);
}

/** What clients see of it. */
export function descriptionOf(record: KeyRecord): KeyDescription {
  const keyId = `${KEYSTORE.id}/keys/${record.localKeyId}`;
  return describeKey({keyId, keystoreController: KEYSTORE.controller, record});
}
