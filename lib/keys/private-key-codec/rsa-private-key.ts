import {MalformedRequestError} from '../../errors.ts';
import {RSA_EXPONENT} from '../public-key-codec/rsa-public-key.ts';
import {DerReader} from './der-reader.ts';
import {derInteger, derSequence} from './der-writer.ts';

/** An RSAPrivateKey of two primes (RFC 8017 §A.1.2) by the names that JWK has for its members, in its order. */
export const RSA_MEMBERS = ['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi'] as const;

/** Magnitudes, big-endian, without leading zeros. */
export type RsaPrivateKey = Readonly<Record<(typeof RSA_MEMBERS)[number], Buffer>>;

const TWO_PRIMES = Buffer.of(0);
const HIGHEST_BIT = 0x80;

/** Reads DER of an RSAPrivateKey: views of `der`. @throws MalformedRequestError */
export function readRsaPrivateKey(der: Uint8Array): RsaPrivateKey {
  const outer = new DerReader(der);
  const sequence = outer.readSequence();
  outer.end();
  if (!sequence.readInteger().equals(TWO_PRIMES)) {
    throw new MalformedRequestError('RSA keys of more than two primes are not supported.');
  }
  const members = RSA_MEMBERS.map((name) => [name, sequence.readInteger()] as const);
  sequence.end();
  return Object.fromEntries(members) as RsaPrivateKey;
}

/** Writes DER of an RSAPrivateKey. The caller zeroes it. */
export function writeRsaPrivateKey(key: RsaPrivateKey): Buffer {
  const integers = [TWO_PRIMES, ...RSA_MEMBERS.map((name) => key[name])].map(derInteger);
  const der = derSequence(...integers);
  for (const integer of integers) integer.fill(0);
  return der;
}

/**
 * Checks the size of the modulus and the exponent, and that both are the private part's; the rest is for the key module to check.
 * The integers that this makes cannot be zeroed: they are there until memory is collected.
 * @throws MalformedRequestError
 */
export function assertRsaPublicPart({n, e, p, q}: RsaPrivateKey, modulusBits: number): void {
  if (!e.equals(RSA_EXPONENT)) {
    throw new MalformedRequestError("The RSA key's public exponent must be 65,537.");
  }
  if (n.length !== modulusBits / 8 || (n[0] ?? 0) < HIGHEST_BIT) {
    throw new MalformedRequestError(`The RSA key's modulus must have ${modulusBits} bits.`);
  }
  // No longer than that, a product is cheap.
  const isProduct = p.length + q.length === n.length && toInteger(p) * toInteger(q) === toInteger(n);
  if (!isProduct) {
    throw new MalformedRequestError("The RSA key's modulus is not the product of its primes.");
  }
}

function toInteger(magnitude: Buffer): bigint {
  return BigInt(`0x${magnitude.toString('hex')}`);
}
