import type {OperationReply} from '../../schemas/kms-operations.ts';
import {encodeBase64url} from '../encoding/base64url.ts';
import {decodeMember} from './decode-member.ts';
import type {OperationItem} from './operation.ts';
import type {UsableKey} from './usable-key.ts';

/**
 * `wrappedKey` → `unwrappedKey`, by whichever version wrapped it: they are tried, newest first. null where it does not open,
 * whatever the reason (no oracle).
 */
export async function unwrapKey(
  operation: OperationItem<'UnwrapKeyOperation'>,
  {module, processable}: UsableKey,
): Promise<OperationReply<'UnwrapKeyOperation'>> {
  const wrappedKey = decodeMember(operation, 'wrappedKey');
  for (const version of processable()) {
    const unwrappedKey = await module.unwrapKey(version, wrappedKey);
    if (unwrappedKey) return {unwrappedKey: encodeBase64url(unwrappedKey)};
  }
  return {unwrappedKey: null};
}
