import type {OperationReply} from '../../schemas/kms-operations.ts';
import {encodeBase64url} from '../encoding/base64url.ts';
import {readCiphertext} from './encryption-input.ts';
import {namedVersion} from './open-ciphertext.ts';
import type {OperationItem} from './operation.ts';
import type {UsableKey} from './usable-key.ts';

/** `ciphertext` → the shared `secret`, by the version that it names; of one that nobody made, a secret that nobody knows. */
export async function decapsulate(
  operation: OperationItem<'DecapsulateOperation'>,
  key: UsableKey,
): Promise<OperationReply<'DecapsulateOperation'>> {
  const {version, bytes} = readCiphertext(operation);
  const secret = await key.module.decapsulate(namedVersion(version, key), bytes);
  try {
    return {secret: encodeBase64url(secret)};
  } finally {
    secret.fill(0);
  }
}
