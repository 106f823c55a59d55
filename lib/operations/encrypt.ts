import type {OperationReply} from '../../schemas/kms-operations.ts';
import {formatCiphertext} from '../keys/ciphertext-text.ts';
import {decodeMember} from './decode-member.ts';
import {readEncryptionOptions} from './encryption-input.ts';
import type {OperationItem} from './operation.ts';
import type {UsableKey} from './usable-key.ts';
import {askForAlgorithm, base64urlBytes, type UseRequest} from './use-request.ts';

export function askToEncrypt(operation: OperationItem<'EncryptOperation'>): UseRequest {
  return {...askForAlgorithm(operation), dataBytes: base64urlBytes(operation.plaintext)};
}

/** `plaintext` → `ciphertext`, by the newest version. */
export async function encrypt(
  operation: OperationItem<'EncryptOperation'>,
  {module, type, current}: UsableKey,
): Promise<OperationReply<'EncryptOperation'>> {
  const options = readEncryptionOptions(operation, type);
  const plaintext = decodeMember(operation, 'plaintext');
  try {
    const version = current();
    const ciphertext = await module.encrypt(version, plaintext, options);
    return {ciphertext: formatCiphertext(version.version, ciphertext)};
  } finally {
    plaintext.fill(0);
  }
}
