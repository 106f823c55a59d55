import type {OperationBody, OperationReply} from '../../schemas/kms-operations.ts';
import {encodeBase64url} from '../encoding/base64url.ts';
import {parsePublicKey} from '../keys/public-key.ts';
import type {UsableKey} from './operation.ts';

/** The peer's `publicKey` → the shared `secret` as the curve gives it (RFC 7748; x coordinate). */
export async function deriveSecret(
  operation: OperationBody<'DeriveSecretOperation'>,
  {module, type, version}: UsableKey,
): Promise<OperationReply<'DeriveSecretOperation'>> {
  const secret = await module.deriveSecret(version, parsePublicKey(operation.publicKey, type));
  return {secret: encodeBase64url(secret)};
}
