import {createHash} from 'node:crypto';
import {encode} from 'cborg';
import {AssertionError} from 'chai';
import type {KeyModule, KeyVersion} from '../key-modules/key-module.ts';
import {SIGNATURE_ALGORITHMS, type SignatureAlgorithm} from '../keys/key-algorithms.ts';
import type {KeyType, KeyTypeDescriptor} from '../keys/key-types.ts';

let counter = 0;

/** A new key of a module, of an identity that was not used before. */
export async function newKey(
  module: KeyModule,
  type: KeyType,
  id: Partial<KeyVersion> = {},
): Promise<KeyVersion> {
  const identity = {...newIdentity(type), ...id, type};
  return {...identity, ...(await module.generateKey(identity))};
}

/** An identity that was not used before. */
export function newIdentity(type: KeyType) {
  counter += 1;
  const keystoreId = 'https://localhost:9443/kms/keystores/z1A';
  return {keystoreId, localKeyId: `z1K${counter}`, version: 1, type};
}

/** Data that a key of `type` can sign, different for different `n`. */
export function signable({algorithm}: KeyTypeDescriptor, n = 0): Uint8Array {
  const text = Buffer.from(`data ${n}`);
  return algorithm.startsWith('BBS') ? encode([Buffer.from('header'), [text, Buffer.alloc(0)]]) : text;
}

/** The digest that `algorithm` begins with; undefined where it does not begin with one. */
export function digestFor(algorithm: SignatureAlgorithm, data: Uint8Array): Buffer | undefined {
  const {hash} = SIGNATURE_ALGORITHMS[algorithm];
  return hash && createHash(hash).update(data).digest();
}

/** The same bytes with one bit changed. */
export function flipBit(bytes: Uint8Array, bit: number): Uint8Array {
  const flipped = Uint8Array.from(bytes);
  flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return flipped;
}

/** The error that `promise` is rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error;
    throw new AssertionError('It was rejected with something that is no Error.');
  }
  throw new AssertionError('It was not rejected.');
}
