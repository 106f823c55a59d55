import type {EncryptionOptions} from '../key-modules/key-module.ts';
import {parseCiphertext, type VersionedCiphertext} from '../keys/ciphertext-text.ts';
import type {KeyTypeDescriptor} from '../keys/key-types.ts';
import {MalformedRequestError} from '../errors.ts';
import {decodeMember} from './decode-member.ts';
import {readAlgorithm} from './read-signature-input.ts';

/** @throws NotSupportedError where the type has no such algorithm, MalformedRequestError. */
export function readEncryptionOptions(
  operation: {readonly additionalData?: string | undefined; readonly algorithm?: string | undefined},
  {encryptionAlgorithms}: KeyTypeDescriptor,
): EncryptionOptions {
  const {additionalData, algorithm} = operation;
  return {
    ...(algorithm !== undefined && {algorithm: readAlgorithm(algorithm, encryptionAlgorithms)}),
    ...(additionalData !== undefined && {additionalData: decodeMember({additionalData}, 'additionalData')}),
  };
}

/** @throws MalformedRequestError where the text is not one that this server makes, whatever it holds. */
export function readCiphertext({ciphertext}: {readonly ciphertext: string}): VersionedCiphertext {
  const parsed = parseCiphertext(ciphertext);
  if (!parsed) throw new MalformedRequestError('"ciphertext" must be "webkms:v<version>:<base64url>".');
  return parsed;
}
