import {generateKeyPairSync, type KeyObject} from 'node:crypto';
import type {OperationBody, OperationReply} from '../../schemas/kms-operations.ts';
import type {KeyType, KeyTypeDescriptor} from '../../lib/keys/key-types.ts';
import {unwrapTransported} from '../../lib/keys/key-transport.ts';
import {exportKey} from '../../lib/operations/export-key.ts';
import {planImportKey} from '../../lib/operations/import-key.ts';
import {ImportTokens} from '../../lib/operations/import-tokens.ts';
import {usableKey, type UsableKey} from '../../lib/operations/usable-key.ts';
import type {KeyRecord} from '../../lib/storage/key-record.ts';
import {MemoryWrappers} from '../key-modules/memory-wrappers.ts';
import {outsideKey} from '../keys/outside-keys.ts';
import {KEY_URL, NEW_KEYS, software} from './fixtures.ts';
import {MemoryReplays} from './memory-replays.ts';

type Import = OperationBody<'ImportKeyOperation'>;
type Export = OperationBody<'ExportKeyOperation'>;
export type Exported = OperationReply<'ExportKeyOperation'>;

export const importTokens = new ImportTokens({wrappers: new MemoryWrappers(), replays: new MemoryReplays()});

/** Who keys are exported to. */
export const recipient: {readonly privateKey: KeyObject; readonly publicKey: KeyObject} = generateKeyPairSync(
  'rsa',
  {modulusLength: 2048},
);
export const RECIPIENT = {
  publicKey: recipient.publicKey.export({format: 'der', type: 'spki'}).toString('base64url'),
};

/** As the server does it, but for the store. */
export async function importRecord(
  type: KeyType,
  keyMaterial: Import['keyMaterial'],
  target: Partial<Import['invocationTarget']> = {},
): Promise<KeyRecord> {
  const operation: Import = {type: 'ImportKeyOperation', invocationTarget: {...target, type}, keyMaterial};
  return planImportKey(operation, {...NEW_KEYS, importTokens})();
}

/** The same, of a key that can be exported. */
export async function importKey(type: KeyType, keyMaterial: Import['keyMaterial']): Promise<UsableKey> {
  return usableKey(await importRecord(type, keyMaterial, {policy: {exportable: true}}), software);
}

export async function exportFrom(
  key: UsableKey,
  options: Pick<Export, 'format' | 'keyVersion' | 'recipient' | 'plaintext'> = {plaintext: true},
  now = 1000,
): Promise<Exported> {
  return exportKey({type: 'ExportKeyOperation', invocationTarget: KEY_URL, ...options}, key, {now});
}

/** What `recipient` gets of it. */
export function opened({wrappedKey = '', encryptedWrappingKey = ''}: Exported): Buffer | undefined {
  return unwrapTransported(recipient.privateKey, {
    wrappedKey: Buffer.from(wrappedKey, 'base64url'),
    encryptedWrappingKey: Buffer.from(encryptedWrappingKey, 'base64url'),
  });
}

/** A JWK that was made elsewhere. */
export function outsideJwk(type: KeyTypeDescriptor): Record<string, unknown> {
  return type.publicKey
    ? {...outsideKey(type).privateKey.export({format: 'jwk'})}
    : {kty: 'oct', k: Buffer.alloc(32, type.name).toString('base64url')};
}
