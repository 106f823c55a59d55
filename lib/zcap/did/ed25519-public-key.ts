import {createPublicKey, type KeyObject} from 'node:crypto';
import {decodeBase58, encodeBase58} from '../../encoding/base58.ts';
import {DidError} from './did-error.ts';

const PUBLIC_KEY_BYTES = 32;

/** Multicodec ed25519-pub (0xed) as a varint. */
const MULTICODEC = Uint8Array.of(0xed, 0x01);

/** Every multibase base58btc spelling of 0xed 0x01 ‖ 32 bytes has this shape, as the source of a regular expression. */
export const ED25519_MULTIBASE_PATTERN = 'z6Mk[1-9A-HJ-NP-Za-km-z]{44}';
const MULTIBASE = new RegExp(`^${ED25519_MULTIBASE_PATTERN}$`);

/** Little-endian y of the points whose order divides 8, the sign of x left out (RFC 8032 §5.1; x and −x share y). */
const SMALL_ORDER_Y: ReadonlySet<string> = new Set([
  '0100000000000000000000000000000000000000000000000000000000000000', // order 1
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f', // order 2
  '0000000000000000000000000000000000000000000000000000000000000000', // order 4
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05', // order 8
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a', // order 8
]);

/** p = 2^255 − 19 ends, little-endian, in these bytes; a y of p or more has them too and a first byte of 0xed or more. */
const P_TAIL = 'ff'.repeat(30) + '7f';
const P_FIRST_BYTE = 0xed;

/**
 * Checks 32 bytes that claim to be an Ed25519 public key: a point of small order (under which signatures of anything can be
 * made by anybody) and a y that is not reduced modulo p (a second spelling of a key) are refused.
 * @throws DidError `key`
 */
export function assertSoundEd25519PublicKey(publicKey: Uint8Array): void {
  if (publicKey.length !== PUBLIC_KEY_BYTES) throw new DidError('key');
  const y = Buffer.from(publicKey);
  y.writeUInt8(y.readUInt8(PUBLIC_KEY_BYTES - 1) & 0x7f, PUBLIC_KEY_BYTES - 1);
  const reduced = y.readUInt8(0) < P_FIRST_BYTE || y.toString('hex', 1) !== P_TAIL;
  if (!reduced || SMALL_ORDER_Y.has(y.toString('hex'))) throw new DidError('key');
}

/**
 * Decodes `z6Mk…`: multibase base58btc of 0xed 0x01 ‖ 32 bytes, in its only spelling, of a sound key.
 * @throws DidError `key`
 */
export function decodeEd25519Multibase(text: string): Uint8Array {
  const bytes = MULTIBASE.test(text) ? decodeBase58(text.slice(1)) : undefined;
  if (bytes === undefined || bytes[0] !== MULTICODEC[0] || bytes[1] !== MULTICODEC[1])
    throw new DidError('key');
  const publicKey = bytes.slice(MULTICODEC.length);
  assertSoundEd25519PublicKey(publicKey);
  if (encodeEd25519Multibase(publicKey) !== text) throw new DidError('key');
  return publicKey;
}

/** Encodes 32 bytes as `z6Mk…`. */
export function encodeEd25519Multibase(publicKey: Uint8Array): string {
  return 'z' + encodeBase58(Buffer.concat([MULTICODEC, publicKey]));
}

/** Imports 32 bytes. The raw format is the cheapest that Node has; it still takes some 20 µs, so keep the result. */
export function importEd25519PublicKey(publicKey: Uint8Array): KeyObject {
  return createPublicKey({
    key: Buffer.from(publicKey),
    format: 'raw-public',
    asymmetricKeyType: 'ed25519',
  });
}
