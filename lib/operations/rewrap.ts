import type {OperationReply} from '../../schemas/kms-operations.ts';
import {formatCiphertext} from '../keys/ciphertext-text.ts';
import {readEncryptionOptions} from './encryption-input.ts';
import {openCiphertext} from './open-ciphertext.ts';
import type {OperationItem} from './operation.ts';
import type {UsableKey} from './usable-key.ts';

/** `ciphertext` of any version → `ciphertext` of the newest, with the same additional data; the plaintext stays here. */
export async function rewrap(
  operation: OperationItem<'RewrapOperation'>,
  key: UsableKey,
): Promise<OperationReply<'RewrapOperation'>> {
  const options = readEncryptionOptions(operation, key.type);
  const version = key.current();
  const plaintext = await openCiphertext(operation, key);
  try {
    const ciphertext = await key.module.encrypt(version, plaintext, options);
    return {ciphertext: formatCiphertext(version.version, ciphertext)};
  } finally {
    plaintext.fill(0);
  }
}
