import type {OperationReply} from '../../schemas/kms-operations.ts';
import {encodeBase64url} from '../encoding/base64url.ts';
import {decodeMember} from './decode-member.ts';
import type {OperationItem} from './operation.ts';
import {tryVersions} from './try-versions.ts';
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
  const unwrappedKey = await tryVersions(processable(), (version) => module.unwrapKey(version, wrappedKey));
  if (!unwrappedKey) return {unwrappedKey: null};
  try {
    return {unwrappedKey: encodeBase64url(unwrappedKey)};
  } finally {
    unwrappedKey.fill(0);
  }
}
