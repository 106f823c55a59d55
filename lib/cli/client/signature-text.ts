import type {Signature} from '../../client/kms.ts';
import {formatCiphertext, parseCiphertext} from '../../keys/ciphertext-text.ts';

/** A signature as people pass it on: `webkms:v<version>:<base64url>`, as ciphertexts are; it never begins with "-". */
export function formatSignature({signature, keyVersion}: Signature): string {
  return formatCiphertext(keyVersion, signature);
}

/** @returns undefined where `text` is no such signature */
export function parseSignature(text: string): Signature | undefined {
  const parsed = parseCiphertext(text);
  return parsed && {signature: parsed.bytes, keyVersion: parsed.version};
}
