import type {OperationReply} from '../../schemas/kms-operations.ts';
import {encodeBase64url} from '../encoding/base64url.ts';
import {parsePublicKey} from '../keys/public-key.ts';
import type {OperationItem} from './operation.ts';
import type {UsableKey} from './usable-key.ts';

/** The peer's `publicKey` → the shared `secret` as the curve gives it (RFC 7748; x coordinate). */
export async function deriveSecret(
  {publicKey, keyVersion}: OperationItem<'DeriveSecretOperation'>,
  key: UsableKey,
): Promise<OperationReply<'DeriveSecretOperation'>> {
  const peer = parsePublicKey(publicKey, key.type);
  const version = keyVersion === undefined ? key.current() : key.version(keyVersion);
  const secret = await key.module.deriveSecret(version, peer);
  try {
    return {secret: encodeBase64url(secret)};
  } finally {
    secret.fill(0);
  }
}
