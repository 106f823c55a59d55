import {randomBytes} from 'node:crypto';
import type {OperationReply} from '../../schemas/kms-operations.ts';
import {encodeBase64url} from '../encoding/base64url.ts';
import {formatCiphertext} from '../keys/ciphertext-text.ts';
import {readEncryptionOptions} from './encryption-input.ts';
import type {OperationItem} from './operation.ts';
import type {UsableKey} from './usable-key.ts';

const DEFAULT_BYTES = 32;

export function dataKeyBytes({
  numberOfBytes = DEFAULT_BYTES,
}: OperationItem<'GenerateDataKeyOperation'>): number {
  return numberOfBytes;
}

/** → a new random key, as `plaintext` (unless that is not wanted) and as `ciphertext` by the newest version. */
export async function generateDataKey(
  operation: OperationItem<'GenerateDataKeyOperation'>,
  {module, type, current}: UsableKey,
): Promise<OperationReply<'GenerateDataKeyOperation'>> {
  const options = readEncryptionOptions(operation, type);
  const version = current();
  const dataKey = randomBytes(dataKeyBytes(operation));
  try {
    const ciphertext = formatCiphertext(version.version, await module.encrypt(version, dataKey, options));
    return operation.withoutPlaintext === true
      ? {ciphertext}
      : {ciphertext, plaintext: encodeBase64url(dataKey)};
  } finally {
    dataKey.fill(0);
  }
}
