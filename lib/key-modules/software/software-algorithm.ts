import {OperationFailedError} from '../../errors.ts';
import type {Encapsulated} from '../key-module.ts';
import type {SignatureChoice} from '../operation-options.ts';

type MaybePromise<T> = T | Promise<T>;

/** What is done without the secret, of algorithms that have public keys. */
export interface PublicOperations {
  /** False for whatever is not a good signature, of any length and form; never throws for it. */
  readonly verify?: (
    data: Uint8Array,
    signature: Uint8Array,
    choice: SignatureChoice,
  ) => MaybePromise<boolean>;
  readonly encrypt?: (plaintext: Uint8Array, additionalData: Uint8Array) => MaybePromise<Uint8Array>;
  readonly encapsulate?: () => Encapsulated;
}

/** A secret key in memory, ready for use; it has the operations of its key type (keys/key-types.ts). */
export interface OpenedKey extends PublicOperations {
  /** Derived from the secret; absent for symmetric keys. */
  readonly publicKey?: Uint8Array;
  readonly sign?: (data: Uint8Array, choice: SignatureChoice) => MaybePromise<Uint8Array>;
  readonly decrypt?: (
    ciphertext: Uint8Array,
    additionalData: Uint8Array,
  ) => MaybePromise<Uint8Array | undefined>;
  readonly wrapKey?: (unwrappedKey: Uint8Array) => MaybePromise<Uint8Array>;
  readonly unwrapKey?: (wrappedKey: Uint8Array) => MaybePromise<Uint8Array | undefined>;
  readonly deriveSecret?: (publicKey: Uint8Array) => MaybePromise<Uint8Array>;
  readonly decapsulate?: (ciphertext: Uint8Array) => Uint8Array;
}

/** A new secret whose public key came with it. */
export interface GeneratedPair {
  readonly secret: Buffer;
  readonly publicKey: Uint8Array;
}

/** What the software module knows about one algorithm. */
export interface SoftwareAlgorithm {
  /** How many places of the cache an opened key takes; one is about 2 KB. */
  readonly cacheWeight: number;
  /** The same of an opened public key. Default: 1 */
  readonly publicCacheWeight?: number;
  /**
   * A new secret, in the one form that `open` takes: its bytes alone, or with the public key that `open` would give. The caller
   * zeroes it. What has to wait its turn does so as `keystoreId`'s.
   */
  readonly generateSecret: (keystoreId: string) => MaybePromise<Buffer | GeneratedPair>;
  /**
   * Judges a secret that was made elsewhere, in what `open` does not: whether it is a sound key. The caller zeroes it. What has
   * to wait its turn does so as `keystoreId`'s.
   * @throws where it is not.
   */
  readonly check?: (secret: Buffer, keystoreId: string) => Promise<void>;
  /**
   * Copies what it needs; the caller zeroes `secret`. What has to wait its turn does so as `keystoreId`'s.
   * @throws where `secret` is not one of this algorithm.
   */
  readonly open: (secret: Buffer, keystoreId: string) => MaybePromise<OpenedKey>;
  /** Only where the public key does something by itself. @throws where `publicKey` is not one of this algorithm. */
  readonly openPublicKey?: (publicKey: Uint8Array, keystoreId: string) => MaybePromise<PublicOperations>;
}

/** The one answer to input that an operation failed on. */
export function operationFailed(cause?: unknown): OperationFailedError {
  return new OperationFailedError('The operation failed.', {cause});
}

/** The same memory as a Buffer. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** @throws RangeError where `key` has another length. */
export function requireLength(key: Uint8Array, length: number): void {
  if (key.length !== length) throw new RangeError(`The key must have ${length} bytes.`);
}
