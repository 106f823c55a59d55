import {derFromRaw} from '../key-modules/software/algorithms/ecdsa-signature.ts';
import {findKeyType} from '../keys/key-types.ts';

/** Whether signatures of keys of that type have a form in DER besides r‖s: those of ECDSA. */
export function hasDerSignatures(keyType: string): boolean {
  const algorithms = findKeyType(keyType)?.signatureAlgorithms ?? [];
  return algorithms.some((algorithm) => algorithm.startsWith('ES'));
}

/** r‖s of ECDSA as DER `Ecdsa-Sig-Value` (RFC 3279 §2.2.3), which OpenSSL and certificates have. */
export function signatureDer(signature: Uint8Array): Uint8Array {
  return derFromRaw(signature);
}
