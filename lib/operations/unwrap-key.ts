import type {OperationBody, OperationReply} from '../../schemas/kms-operations.ts';
import {encodeBase64url} from '../encoding/base64url.ts';
import {decodeMember} from './decode-member.ts';
import type {UsableKey} from './operation.ts';

/** `wrappedKey` → `unwrappedKey`; null where it does not open, whatever the reason (no oracle). */
export async function unwrapKey(
  operation: OperationBody<'UnwrapKeyOperation'>,
  {module, version}: UsableKey,
): Promise<OperationReply<'UnwrapKeyOperation'>> {
  const unwrappedKey = await module.unwrapKey(version, decodeMember(operation, 'wrappedKey'));
  return {unwrappedKey: unwrappedKey ? encodeBase64url(unwrappedKey) : null};
}
