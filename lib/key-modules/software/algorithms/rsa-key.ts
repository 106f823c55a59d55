import {checkPrime, createPrivateKey, createPublicKey, type KeyObject} from 'node:crypto';
import {promisify} from 'node:util';
import {asBuffer} from '../software-algorithm.ts';
import {readDerIntegers} from './der-integers.ts';
import {isRocaModulus} from './roca-modulus.ts';

const isPrime = promisify(checkPrime);

const EXPONENT = 65_537n;
/** n, e of an RSAPublicKey (RFC 8017 §A.1.1). */
const PUBLIC_INTEGERS = 2;
/** version, n, e, d, p, q, dP, dQ, qInv of an RSAPrivateKey of two primes (RFC 8017 §A.1.2). */
const PRIVATE_INTEGERS = 9;

const toBigInt = (bytes: Uint8Array): bigint => BigInt(`0x0${asBuffer(bytes).toString('hex')}`);

function bitLength(integer: Uint8Array): number {
  const [first] = integer;
  return first === undefined ? 0 : integer.length * 8 - (Math.clz32(first) - 24);
}

function assertPublic(modulus: Uint8Array | undefined, exponent: Uint8Array | undefined, bits: number): void {
  if (!modulus || bitLength(modulus) !== bits) throw new RangeError(`The modulus must have ${bits} bits.`);
  if (!exponent || toBigInt(exponent) !== EXPONENT) throw new RangeError('The exponent must be 65537.');
}

/** @throws where `der` is not an RSAPublicKey with a modulus of `bits` bits and 65,537. */
export function openRsaPublicKey(der: Uint8Array, bits: number): KeyObject {
  const [modulus, exponent] = readDerIntegers(der, PUBLIC_INTEGERS) ?? [];
  assertPublic(modulus, exponent, bits);
  return createPublicKey({key: asBuffer(der), format: 'der', type: 'pkcs1'});
}

function readPrivateKey(der: Uint8Array, bits: number) {
  const [version, n, e, d, p, q, dP, dQ, qInv] = readDerIntegers(der, PRIVATE_INTEGERS) ?? [];
  if (!version || !n || !e || !d || !p || !q || !dP || !dQ || !qInv || version.length > 0) {
    throw new RangeError('Not an RSAPrivateKey of two primes.');
  }
  assertPublic(n, e, bits);
  return {n, d, p, q, dP, dQ, qInv};
}

/** @throws where `der` is not an RSAPrivateKey of two primes, with a modulus of `bits` bits and 65,537. */
export function openRsaPrivateKey(der: Buffer, bits: number): {privateKey: KeyObject; publicKey: Buffer} {
  readPrivateKey(der, bits);
  const privateKey = createPrivateKey({key: der, format: 'der', type: 'pkcs1'});
  return {privateKey, publicKey: createPublicKey(privateKey).export({format: 'der', type: 'pkcs1'})};
}

/**
 * Whether the numbers of an RSAPrivateKey belong together, and are those of a good key (FIPS 186-5 §A.1.1): OpenSSL looks
 * at none of that, works with a wrong dP by falling back on d, and hides so what would give the key away elsewhere.
 * The arithmetic is JavaScript's BigInt: it leaves copies in memory, and is for keys that were made elsewhere.
 * @throws where they do not.
 */
export async function checkRsaPrivateKey(der: Uint8Array, bits: number): Promise<void> {
  const key = readPrivateKey(der, bits);
  const [n, d, p, q] = [toBigInt(key.n), toBigInt(key.d), toBigInt(key.p), toBigInt(key.q)];
  const [dP, dQ, qInv] = [toBigInt(key.dP), toBigInt(key.dQ), toBigInt(key.qInv)];
  const distance = p > q ? p - q : q - p;
  const facts: Readonly<Record<string, boolean>> = {
    'n = p·q': p * q === n,
    'p and q were made by chance': !isRocaModulus(n),
    'p and q are half as long as n': bitLength(key.p) === bits / 2 && bitLength(key.q) === bits / 2,
    'p and q are far from each other': distance > 1n << BigInt(bits / 2 - 100),
    'd < n': d < n,
    'd·e ≡ 1 mod p − 1 and q − 1': isInverse(d, EXPONENT, p - 1n) && isInverse(d, EXPONENT, q - 1n),
    'dP ≡ d mod p − 1': dP < p && isInverse(dP, EXPONENT, p - 1n),
    'dQ ≡ d mod q − 1': dQ < q && isInverse(dQ, EXPONENT, q - 1n),
    'qInv·q ≡ 1 mod p': qInv < p && isInverse(qInv, q, p),
  };
  for (const [fact, holds] of Object.entries(facts)) {
    if (!holds) throw new RangeError(`It does not hold that ${fact}.`);
  }
  for (const prime of [p, q]) {
    if (!(await isPrime(prime))) throw new RangeError('A factor of the modulus is not prime.');
  }
}

function isInverse(a: bigint, b: bigint, modulus: bigint): boolean {
  return modulus > 1n && (a * b) % modulus === 1n;
}
