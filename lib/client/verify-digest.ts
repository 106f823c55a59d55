import {MalformedRequestError, NotSupportedError} from '../errors.ts';
import {encodedIn, encodePkcs1, isEncodedPss} from '../key-modules/software/algorithms/rsa-encoding.ts';
import {DIGEST_BYTES} from '../keys/key-algorithms.ts';
import type {HashAlgorithm, KeyAlgorithm, SignatureAlgorithm} from '../keys/key-algorithms.ts';
import type {KeyTypeDescriptor} from '../keys/key-types.ts';
import {openPublicKey} from '../keys/public-key-codec/public-key-object.ts';

export interface DigestToVerify {
  readonly algorithm: SignatureAlgorithm;
  /** The algorithm's own. */
  readonly hash: HashAlgorithm;
  readonly digest: Uint8Array;
  /** ECDSA: r‖s. */
  readonly signature: Uint8Array;
}

/**
 * Verifies a signature by a raw public key where only the digest of the data is known, which `node:crypto` does not. False for whatever is not a
 * good signature. @throws MalformedRequestError where `digest` is not as long as one
 */
export async function verifyDigest(
  type: KeyTypeDescriptor,
  publicKey: Uint8Array,
  {algorithm, hash, digest, signature}: DigestToVerify,
): Promise<boolean> {
  const length = DIGEST_BYTES[hash];
  if (digest.length !== length) throw new MalformedRequestError(`A ${hash} digest has ${length} bytes.`);
  if (algorithm.startsWith('ES')) return verifyEcdsa(type, publicKey, {digest, signature});
  if (!/^[PR]S/.test(algorithm)) throw new NotSupportedError(`${algorithm} signs data, not digests.`);
  const encoded = encodedIn(signature, openPublicKey(type, publicKey));
  if (!encoded) return false;
  return algorithm.startsWith('PS')
    ? isEncodedPss(encoded, hash, digest)
    : encoded.equals(encodePkcs1(hash, digest, encoded.length));
}

interface Curve {
  verify(
    signature: Uint8Array,
    digest: Uint8Array,
    publicKey: Uint8Array,
    options: {readonly prehash: false; readonly lowS: false},
  ): boolean;
}

const CURVES: ReadonlyMap<KeyAlgorithm, () => Promise<Curve>> = new Map([
  ['ECDSA-P-256', async () => (await import('@noble/curves/nist.js')).p256],
  ['ECDSA-P-384', async () => (await import('@noble/curves/nist.js')).p384],
  ['ECDSA-P-521', async () => (await import('@noble/curves/nist.js')).p521],
  ['ECDSA-secp256k1', async () => (await import('@noble/curves/secp256k1.js')).secp256k1],
]);

async function verifyEcdsa(
  {algorithm}: KeyTypeDescriptor,
  publicKey: Uint8Array,
  {digest, signature}: Pick<DigestToVerify, 'digest' | 'signature'>,
): Promise<boolean> {
  const curve = await CURVES.get(algorithm)?.();
  if (!curve) throw new NotSupportedError('Keys of this type do not sign with ECDSA.');
  try {
    return curve.verify(signature, digest, publicKey, {prehash: false, lowS: false});
  } catch {
    // r or s out of range.
    return false;
  }
}
