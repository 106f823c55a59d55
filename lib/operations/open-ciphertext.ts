import {OperationFailedError} from '../errors.ts';
import type {KeyVersion} from '../key-modules/key-module.ts';
import {readCiphertext, readEncryptionOptions} from './encryption-input.ts';
import type {UsableKey} from './usable-key.ts';

export interface CiphertextMembers {
  readonly ciphertext: string;
  readonly additionalData?: string | undefined;
  readonly algorithm?: string | undefined;
}

/**
 * What was encrypted; the caller zeroes it.
 * @throws OperationFailedError where it does not open, for whatever reason: also where there is no such version.
 * @throws KeyStateError where the version that it names does not decrypt any more. @throws MalformedRequestError
 */
export async function openCiphertext(operation: CiphertextMembers, key: UsableKey): Promise<Uint8Array> {
  const options = readEncryptionOptions(operation, key.type);
  const {version, bytes} = readCiphertext(operation);
  const plaintext = await key.module.decrypt(namedVersion(version, key), bytes, options);
  if (!plaintext) throw failed();
  return plaintext;
}

/** The version that a ciphertext names. @throws as `openCiphertext` */
export function namedVersion(version: number, key: UsableKey): KeyVersion {
  if (!key.record.versions.some((known) => known.version === version)) throw failed();
  return key.version(version);
}

function failed(): OperationFailedError {
  return new OperationFailedError('The operation failed.');
}
