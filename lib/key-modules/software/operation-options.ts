import {MalformedRequestError, NotSupportedError} from '../../errors.ts';
import {DIGEST_BYTES, SIGNATURE_ALGORITHMS} from '../../keys/key-algorithms.ts';
import type {KeyTypeDescriptor} from '../../keys/key-types.ts';
import type {KeyOperation} from '../../storage/key-record.ts';
import type {EncryptionOptions, SignatureOptions} from '../key-module.ts';
import type {SignatureChoice} from './software-algorithm.ts';

const NONE = new Uint8Array();

function notSupported(message: string, supported: readonly string[]): NotSupportedError {
  return new NotSupportedError(`${message} They have: ${supported.join(', ')}.`, {details: {supported}});
}

/** @throws NotSupportedError that names the operations that the type has. */
export function assertOperation({name, operations}: KeyTypeDescriptor, operation: KeyOperation): void {
  if (!operations.includes(operation)) {
    throw notSupported(`Keys of type ${name} have no operation ${operation}.`, operations);
  }
}

function chooseAlgorithm<A extends string>(
  {name}: KeyTypeDescriptor,
  supported: readonly A[] = [],
  asked: A | undefined,
): A {
  const chosen = asked ?? supported[0];
  if (chosen === undefined || !supported.includes(chosen)) {
    throw notSupported(`Keys of type ${name} have no such algorithm.`, supported);
  }
  return chosen;
}

/**
 * How a key of `keyType` signs `data`, or verifies it.
 * @throws NotSupportedError that names the algorithms that the type has, or those that take digests.
 * @throws MalformedRequestError where `data` is said to be a digest and is not as long as one.
 */
export function chooseSignature(
  keyType: KeyTypeDescriptor,
  data: Uint8Array,
  {algorithm: asked, prehashed = false}: SignatureOptions = {},
): SignatureChoice {
  const algorithm = chooseAlgorithm(keyType, keyType.signatureAlgorithms, asked);
  const {hash} = SIGNATURE_ALGORITHMS[algorithm];
  if (prehashed) {
    if (!hash) throw new NotSupportedError(`${algorithm} signs data, not a digest of it.`);
    if (data.length !== DIGEST_BYTES[hash]) {
      throw new MalformedRequestError(`${algorithm} signs a digest of ${hash}: ${DIGEST_BYTES[hash]} bytes.`);
    }
  }
  return {algorithm, hash, prehashed};
}

/**
 * The additional data that a key of `keyType` encrypts with: none of its types has two algorithms.
 * @throws NotSupportedError that names the algorithms that the type has.
 */
export function chooseEncryption(
  keyType: KeyTypeDescriptor,
  {algorithm, additionalData = NONE}: EncryptionOptions = {},
): Uint8Array {
  chooseAlgorithm(keyType, keyType.encryptionAlgorithms, algorithm);
  return additionalData;
}
