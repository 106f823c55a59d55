import {OperationFailedError} from '../../errors.ts';

type MaybePromise<T> = T | Promise<T>;

/** Checks signatures. False for whatever is not a good signature, of any length and form; never throws for it. */
export interface Verifier {
  readonly verify: (data: Uint8Array, signature: Uint8Array) => MaybePromise<boolean>;
}

/** A secret key in memory, ready for use; it has the operations of its key type (keys/key-types.ts). */
export interface OpenedKey extends Partial<Verifier> {
  /** Derived from the secret; absent for symmetric keys. */
  readonly publicKey?: Uint8Array;
  readonly sign?: (data: Uint8Array) => MaybePromise<Uint8Array>;
  readonly wrapKey?: (unwrappedKey: Uint8Array) => Uint8Array;
  readonly unwrapKey?: (wrappedKey: Uint8Array) => Uint8Array | undefined;
  readonly deriveSecret?: (publicKey: Uint8Array) => MaybePromise<Uint8Array>;
}

/** What the software module knows about one algorithm. */
export interface SoftwareAlgorithm {
  /** How many places of the cache an opened key takes; one is about 2 KB. */
  readonly cacheWeight: number;
  /** A new secret: its bytes alone, in the one form that `open` takes. The caller zeroes them. */
  readonly generateSecret: () => MaybePromise<Buffer>;
  /**
   * Copies what it needs; the caller zeroes `secret`. What has to wait its turn does so as `keystoreId`'s.
   * @throws where `secret` is not one of this algorithm.
   */
  readonly open: (secret: Buffer, keystoreId: string) => MaybePromise<OpenedKey>;
  /** Only where the public key verifies. @throws where `publicKey` is not one of this algorithm. */
  readonly openPublicKey?: (publicKey: Uint8Array, keystoreId: string) => MaybePromise<Verifier>;
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
