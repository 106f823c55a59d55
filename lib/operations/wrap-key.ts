import type {OperationBody, OperationReply} from '../../schemas/kms-operations.ts';
import {encodeBase64url} from '../encoding/base64url.ts';
import {decodeMember} from './decode-member.ts';
import type {UsableKey} from './operation.ts';

/** `unwrappedKey` → `wrappedKey` (RFC 3394). */
export async function wrapKey(
  operation: OperationBody<'WrapKeyOperation'>,
  {module, version}: UsableKey,
): Promise<OperationReply<'WrapKeyOperation'>> {
  const wrappedKey = await module.wrapKey(version, decodeMember(operation, 'unwrappedKey'));
  return {wrappedKey: encodeBase64url(wrappedKey)};
}
