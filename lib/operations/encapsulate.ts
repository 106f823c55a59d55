import type {OperationReply} from '../../schemas/kms-operations.ts';
import {encodeBase64url} from '../encoding/base64url.ts';
import {formatCiphertext} from '../keys/ciphertext-text.ts';
import type {UsableKey} from './usable-key.ts';

/** → a new shared `secret`, and the `ciphertext` that the newest version finds it by (FIPS 203). */
export async function encapsulate(
  _operation: object,
  {module, current}: UsableKey,
): Promise<OperationReply<'EncapsulateOperation'>> {
  const version = current();
  const {secret, ciphertext} = await module.encapsulate(version);
  try {
    return {
      secret: encodeBase64url(secret),
      ciphertext: formatCiphertext(version.version, ciphertext),
    };
  } finally {
    secret.fill(0);
  }
}
