import {constants, type KeyObject, verify, type VerifyKeyObjectInput} from 'node:crypto';
import {promisify} from 'node:util';
import {NotSupportedError} from '../errors.ts';
import {type HashAlgorithm, SIGNATURE_ALGORITHMS, type SignatureAlgorithm} from '../keys/key-algorithms.ts';
import {KEY_FORMS} from '../keys/key-forms.ts';
import type {KeyTypeDescriptor} from '../keys/key-types.ts';
import {openPublicKey} from '../keys/public-key-codec/public-key-object.ts';
import type {SignOptions} from './kms.ts';
import {verifyDigest} from './verify-digest.ts';

const verifyOffThread = promisify(verify);

/** How a signature is to be verified. */
export interface SignatureScheme {
  readonly algorithm: SignatureAlgorithm;
  /** Of what the data is the digest. */
  readonly prehashed: HashAlgorithm | undefined;
}

/**
 * How keys of `type` sign where `options` ask for it.
 * @throws NotSupportedError where they do not, or `hashAlgorithm` is not the algorithm's hash
 */
export function signatureScheme(
  {signatureAlgorithms: supported = []}: KeyTypeDescriptor,
  {algorithm = supported[0], hashAlgorithm}: SignOptions = {},
): SignatureScheme {
  if (algorithm === undefined || !supported.includes(algorithm)) {
    throw new NotSupportedError('Keys of this type do not sign like that.', {details: {supported}});
  }
  const traits: {readonly hash?: HashAlgorithm} = SIGNATURE_ALGORITHMS[algorithm];
  if (hashAlgorithm !== undefined && hashAlgorithm !== traits.hash) {
    throw new NotSupportedError('The signature algorithm does not take a digest of that hash.', {
      details: {supported: traits.hash === undefined ? [] : [traits.hash]},
    });
  }
  return {algorithm, prehashed: hashAlgorithm};
}

/**
 * Verifies a signature with the raw public key of a key of `type`; ECDSA signatures are r‖s. False for whatever is not a
 * good one. @throws MalformedRequestError where the public key is none, or a digest is not as long as one
 */
export async function verifySignature(
  type: KeyTypeDescriptor,
  publicKey: Uint8Array,
  {
    scheme,
    data,
    signature,
  }: {
    readonly scheme: SignatureScheme;
    readonly data: Uint8Array;
    readonly signature: Uint8Array;
  },
): Promise<boolean> {
  const form = KEY_FORMS[type.algorithm];
  if (form.kty === 'BBS') {
    const {verifyBbs} = await import('./verify-bbs.ts');
    return verifyBbs(type, publicKey, {data, signature});
  }
  // OpenSSL takes an RSA signature without its leading zeros, and has other ways to refuse what cannot be one of ECDSA.
  if (form.kty === 'RSA' && signature.length !== form.modulusBits / 8) return false;
  if (form.kty === 'EC' && signature.length !== 2 * form.size) return false;
  if (scheme.prehashed !== undefined) {
    return verifyDigest(type, publicKey, {...scheme, hash: scheme.prehashed, digest: data, signature});
  }
  const key = openPublicKey(type, publicKey);
  const {hash}: {readonly hash?: HashAlgorithm} = SIGNATURE_ALGORITHMS[scheme.algorithm];
  return verifyOffThread(hash ?? null, data, keyInput(key, scheme.algorithm), signature);
}

function keyInput(key: KeyObject, algorithm: SignatureAlgorithm): VerifyKeyObjectInput {
  if (algorithm.startsWith('PS')) {
    return {key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST};
  }
  return algorithm.startsWith('ES') ? {key, dsaEncoding: 'ieee-p1363'} : {key};
}
