import {CKR} from './cryptoki.ts';
import {isUnclear, Pkcs11Error} from './pkcs11-error.ts';

const REFUSED_INPUT: ReadonlySet<number> = new Set([
  CKR.ARGUMENTS_BAD,
  CKR.DATA_INVALID,
  CKR.DATA_LEN_RANGE,
  CKR.ENCRYPTED_DATA_INVALID,
  CKR.ENCRYPTED_DATA_LEN_RANGE,
  CKR.AEAD_DECRYPT_FAILED,
  CKR.MECHANISM_PARAM_INVALID,
  CKR.SIGNATURE_INVALID,
  CKR.WRAPPED_KEY_INVALID,
  CKR.WRAPPED_KEY_LEN_RANGE,
]);

/** Whether the token, which is well, says that what it was given is not what it should be. */
export function refusesInput(error: unknown): boolean {
  return error instanceof Pkcs11Error && (isUnclear(error.code) || REFUSED_INPUT.has(error.code));
}

/** undefined for what the token, which is well, refuses as input. */
export async function unlessRefused(opening: Promise<Uint8Array>): Promise<Uint8Array | undefined> {
  try {
    return await opening;
  } catch (error) {
    if (refusesInput(error)) return undefined;
    throw error;
  }
}
