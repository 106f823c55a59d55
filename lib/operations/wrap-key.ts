import type {OperationReply} from '../../schemas/kms-operations.ts';
import {encodeBase64url} from '../encoding/base64url.ts';
import {decodeMember} from './decode-member.ts';
import type {OperationItem} from './operation.ts';
import type {UsableKey} from './usable-key.ts';

/** `unwrappedKey` → `wrappedKey` (RFC 3394), by the newest version. */
export async function wrapKey(
  operation: OperationItem<'WrapKeyOperation'>,
  {module, current}: UsableKey,
): Promise<OperationReply<'WrapKeyOperation'>> {
  const unwrappedKey = decodeMember(operation, 'unwrappedKey');
  try {
    const wrappedKey = await module.wrapKey(current(), unwrappedKey);
    return {wrappedKey: encodeBase64url(wrappedKey)};
  } finally {
    unwrappedKey.fill(0);
  }
}
