import {MalformedRequestError, NotSupportedError} from '../errors.ts';
import {
  DIGEST_BYTES,
  type EncryptionAlgorithm,
  type HashAlgorithm,
  SIGNATURE_ALGORITHMS,
  type SignatureAlgorithm,
} from '../keys/key-algorithms.ts';
import type {KeyOperation} from '../storage/key-record.ts';
import type {EncryptionOptions, SignatureOptions} from './key-module.ts';

const NONE = new Uint8Array();

/** A key type as a module offers it: `KeyTypeSupport` and a descriptor of keys/key-types.ts both say this, but for the name. */
export interface OfferedOperations {
  /** The type's name on the wire. */
  readonly name: string;
  readonly operations: readonly KeyOperation[];
  readonly signatureAlgorithms?: readonly SignatureAlgorithm[];
  readonly encryptionAlgorithms?: readonly EncryptionAlgorithm[];
}

/** How to sign, once that has been checked against the key's type. */
export interface SignatureChoice {
  readonly algorithm: SignatureAlgorithm;
  /** The hash that the algorithm begins with, where it does. */
  readonly hash: HashAlgorithm | undefined;
  /** The data is the digest that `hash` gives, of its length. */
  readonly prehashed: boolean;
}

export interface EncryptionChoice {
  readonly algorithm: EncryptionAlgorithm;
  /** Empty where none was given. */
  readonly additionalData: Uint8Array;
}

function notSupported(message: string, supported: readonly string[]): NotSupportedError {
  return new NotSupportedError(`${message} They have: ${supported.join(', ')}.`, {details: {supported}});
}

/** @throws NotSupportedError that names the operations that the type has. */
export function assertOperation({name, operations}: OfferedOperations, operation: KeyOperation): void {
  if (!operations.includes(operation)) {
    throw notSupported(`Keys of type ${name} have no operation ${operation}.`, operations);
  }
}

function chooseAlgorithm<A extends string>(
  {name}: OfferedOperations,
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
  keyType: OfferedOperations,
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
 * How a key of `keyType` encrypts, or decrypts.
 * @throws NotSupportedError that names the algorithms that the type has.
 */
export function chooseEncryption(
  keyType: OfferedOperations,
  {algorithm, additionalData = NONE}: EncryptionOptions = {},
): EncryptionChoice {
  return {algorithm: chooseAlgorithm(keyType, keyType.encryptionAlgorithms, algorithm), additionalData};
}
