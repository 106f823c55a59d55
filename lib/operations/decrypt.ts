import type {OperationReply} from '../../schemas/kms-operations.ts';
import {encodeBase64url} from '../encoding/base64url.ts';
import {openCiphertext} from './open-ciphertext.ts';
import type {OperationItem} from './operation.ts';
import type {UsableKey} from './usable-key.ts';

/** `ciphertext` → `plaintext`, by the version that it names. */
export async function decrypt(
  operation: OperationItem<'DecryptOperation'>,
  key: UsableKey,
): Promise<OperationReply<'DecryptOperation'>> {
  const plaintext = await openCiphertext(operation, key);
  try {
    return {plaintext: encodeBase64url(plaintext)};
  } finally {
    plaintext.fill(0);
  }
}
