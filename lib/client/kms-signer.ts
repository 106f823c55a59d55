import {NotSupportedError} from '../errors.ts';
import type {KeyAlgorithm} from '../keys/key-algorithms.ts';
import {findKeyType} from '../keys/key-types.ts';
import type {Kms} from './kms.ts';

/** What Data Integrity suites, `Ed25519Signature2020` and ezcap take as `signer`. */
export interface KmsSigner {
  /** URL of the verification method, which the proof names. */
  readonly id: string;
  /** As cryptosuites name it, e.g. `Ed25519`, `P-256`. */
  readonly algorithm: string;
  sign(options: {readonly data: Uint8Array}): Promise<Uint8Array>;
}

const ALGORITHMS: Partial<Readonly<Record<KeyAlgorithm, string>>> = {
  Ed25519: 'Ed25519',
  'ECDSA-P-256': 'P-256',
  'ECDSA-P-384': 'P-384',
  'ECDSA-P-521': 'P-521',
  'BBS-BLS12-381-SHA-256': 'BBS-BLS12-381-SHA-256',
  'BBS-BLS12-381-SHAKE-256': 'BBS-BLS12-381-SHAKE-256',
};

/**
 * A signer for suites of Linked Data signatures, whose key stays in the KMS.
 * @param options.id default: the key's URL; verifiers resolve it, so that of a `did:key` or `did:web` is mostly wanted
 * @param options.algorithm default: that of the key, which is asked for: who may only sign cannot
 * @throws NotSupportedError where no such suite signs with keys of that type
 */
export async function kmsSigner(
  kms: Pick<Kms, 'getPrivateKey' | 'sign'>,
  kid: string,
  {id, algorithm}: {readonly id?: string; readonly algorithm?: string} = {},
): Promise<KmsSigner> {
  const signer = (keyId: string, keyAlgorithm: string): KmsSigner => ({
    id: id ?? keyId,
    algorithm: keyAlgorithm,
    sign: async ({data}) => (await kms.sign(keyId, data)).signature,
  });
  if (algorithm !== undefined) return signer(kid, algorithm);
  const key = await kms.getPrivateKey(kid);
  const type = findKeyType(key.keyType);
  const found = type && ALGORITHMS[type.algorithm];
  if (found === undefined) throw new NotSupportedError('No suite signs with keys of this type.');
  return signer(key.kid, found);
}
