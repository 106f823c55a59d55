import {decodeBase64url} from '../encoding/base64url.ts';
import {MalformedRequestError} from '../errors.ts';

/**
 * Decodes a binary member of an operation.
 * @throws MalformedRequestError where it is not strict, unpadded base64url (RFC 4648 §5): its schema knows the alphabet
 *   only, not the unused bits.
 */
export function decodeMember<const Name extends string>(
  operation: Readonly<Record<Name, string>>,
  name: Name,
): Uint8Array {
  const bytes = decodeBase64url(operation[name]);
  if (!bytes) throw new MalformedRequestError(`"${name}" must be unpadded base64url.`);
  return bytes;
}
