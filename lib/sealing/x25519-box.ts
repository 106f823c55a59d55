import {createPublicKey, createSecretKey, diffieHellman, hkdfSync, type KeyObject} from 'node:crypto';
import {SealedBlobError} from './wrapper.ts';

export const POINT_BYTES = 32;
const KEY_BYTES = 32;
/** RFC 8410: what precedes the 32 bytes of an X25519 public key in its DER encoding. */
const SPKI_HEAD = Buffer.from('302a300506032b656e032100', 'hex');

/** An X25519 public key of its 32 bytes (RFC 7748), which are not verified. */
export function publicKeyOf(point: Uint8Array): KeyObject {
  return createPublicKey({key: Buffer.concat([SPKI_HEAD, point]), format: 'der', type: 'spki'});
}

/** The 32 bytes of an X25519 public key. */
export function pointOf(publicKey: KeyObject): Uint8Array {
  return publicKey.export({format: 'der', type: 'spki'}).subarray(SPKI_HEAD.length);
}

export interface BoxKeys {
  /** Whose public key is the other end's. */
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** Both public keys, by what they are to the box. */
  readonly ephemeral: KeyObject;
  readonly recipient: KeyObject;
  /** What the box is for. */
  readonly info: string;
}

/**
 * The AES-256 key of a box: HKDF-SHA-256 (RFC 5869) of the X25519 shared secret (RFC 7748), salted with both public keys.
 * @throws SealedBlobError where the other end's key is a point of small order
 */
export function boxKey({privateKey, publicKey, ephemeral, recipient, info}: BoxKeys): KeyObject {
  let shared: Buffer;
  try {
    shared = diffieHellman({privateKey, publicKey});
  } catch (cause) {
    // OpenSSL refuses points of small order.
    throw new SealedBlobError({cause});
  }
  // RFC 7748 §6.1: of a point of small order the shared secret is zero, whoever's the private key is.
  if (shared.every((byte) => byte === 0)) throw new SealedBlobError();
  const salt = Buffer.concat([pointOf(ephemeral), pointOf(recipient)]);
  const key = new Uint8Array(hkdfSync('sha256', shared, salt, info, KEY_BYTES));
  shared.fill(0);
  const secret = createSecretKey(key);
  key.fill(0);
  return secret;
}
