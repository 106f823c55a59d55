import {MalformedRequestError, NotSupportedError} from '../errors.ts';
import type {SignatureOptions} from '../key-modules/key-module.ts';
import {DIGEST_BYTES, SIGNATURE_ALGORITHMS, type HashAlgorithm} from '../keys/key-algorithms.ts';
import type {KeyTypeDescriptor} from '../keys/key-types.ts';
import {decodeMember} from './decode-member.ts';
import {askForAlgorithm, base64urlBytes, type UseRequest} from './use-request.ts';

/** What is signed, as operations have it: the data or its digest. */
interface SignedMembers {
  readonly verifyData?: string | undefined;
  readonly digest?: string | undefined;
  readonly hashAlgorithm?: HashAlgorithm | undefined;
  readonly algorithm?: string | undefined;
}

export function askForSignature(operation: SignedMembers): UseRequest {
  const {verifyData, digest = ''} = operation;
  return {...askForAlgorithm(operation), dataBytes: base64urlBytes(verifyData ?? digest)};
}

/**
 * @throws NotSupportedError where the type has no such algorithm, or the algorithm hashes with another function, or does
 *   not hash its data first. @throws MalformedRequestError where a digest is not as long as its hash.
 */
export function readSignatureInput(
  operation: SignedMembers,
  type: KeyTypeDescriptor,
): {readonly data: Uint8Array; readonly options: SignatureOptions} {
  const algorithm = readAlgorithm(operation.algorithm, type.signatureAlgorithms);
  const options = operation.algorithm === undefined ? {} : {algorithm};
  const {digest, hashAlgorithm} = operation;
  if (digest === undefined || hashAlgorithm === undefined) {
    return {data: decodeMember({verifyData: operation.verifyData ?? ''}, 'verifyData'), options};
  }
  const {hash}: {hash?: HashAlgorithm} = SIGNATURE_ALGORITHMS[algorithm];
  if (hashAlgorithm !== hash) {
    throw new NotSupportedError('The signature algorithm does not take a digest of that hash.', {
      details: {supported: hash === undefined ? [] : [hash]},
    });
  }
  const data = decodeMember({digest}, 'digest');
  if (data.length !== DIGEST_BYTES[hashAlgorithm]) {
    throw new MalformedRequestError(`"digest" must be ${DIGEST_BYTES[hashAlgorithm]} bytes long.`);
  }
  return {data, options: {...options, prehashed: true}};
}

/** The algorithm that is named, or the type's first. @throws NotSupportedError where the type has no such algorithm. */
export function readAlgorithm<Algorithm extends string>(
  name: string | undefined,
  supported: readonly Algorithm[] = [],
): Algorithm {
  const algorithm = name === undefined ? supported[0] : supported.find((known) => known === name);
  if (algorithm !== undefined) return algorithm;
  throw new NotSupportedError('The key does not support this algorithm.', {details: {supported}});
}
