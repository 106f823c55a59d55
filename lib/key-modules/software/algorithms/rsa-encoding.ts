import {constants, createHash, type KeyObject, publicDecrypt, randomBytes} from 'node:crypto';
import type {HashAlgorithm} from '../../../keys/key-algorithms.ts';

/** DER of a DigestInfo up to the digest (RFC 8017 §9.2, note 1). */
export const DIGEST_INFO: Readonly<Record<HashAlgorithm, Buffer>> = {
  'SHA-256': Buffer.from('3031300d060960864801650304020105000420', 'hex'),
  'SHA-384': Buffer.from('3041300d060960864801650304020205000430', 'hex'),
  'SHA-512': Buffer.from('3051300d060960864801650304020305000440', 'hex'),
};
const PSS_PADDING = Buffer.alloc(8);
const PSS_TRAILER = 0xbc;

const hashOf = (hash: HashAlgorithm, ...parts: readonly Uint8Array[]): Buffer => {
  const digest = createHash(hash);
  for (const part of parts) digest.update(part);
  return digest.digest();
};

/** EMSA-PKCS1-v1_5 (RFC 8017 §9.2) of a digest, `length` bytes. */
export function encodePkcs1(hash: HashAlgorithm, digest: Uint8Array, length: number): Buffer {
  const info = Buffer.concat([DIGEST_INFO[hash], digest]);
  const padding = Buffer.alloc(length - info.length - 3, 0xff);
  return Buffer.concat([Buffer.of(0x00, 0x01), padding, Buffer.of(0x00), info]);
}

/** XORs MGF1 of `seed` (RFC 8017 §B.2.1) onto `block`, and clears the bit that the modulus does not have (§9.1.1, step 11). */
function mask(hash: HashAlgorithm, seed: Uint8Array, block: Buffer): void {
  const counter = Buffer.alloc(4);
  for (let offset = 0; offset < block.length; counter.writeUInt32BE(counter.readUInt32BE() + 1)) {
    for (const byte of hashOf(hash, seed, counter)) {
      if (offset < block.length) block.writeUInt8(block.readUInt8(offset) ^ byte, offset);
      offset += 1;
    }
  }
  block.writeUInt8(block.readUInt8() & 0x7f);
}

/** As long as the modulus, whose bits are a multiple of 8: one more than the encoded message has. */
function encodePssWith(salt: Uint8Array, hash: HashAlgorithm, digest: Uint8Array, length: number): Buffer {
  const encodedHash = hashOf(hash, PSS_PADDING, digest, salt);
  const block = Buffer.alloc(length - encodedHash.length - 1);
  block.writeUInt8(0x01, block.length - salt.length - 1);
  block.set(salt, block.length - salt.length);
  mask(hash, encodedHash, block);
  return Buffer.concat([block, encodedHash, Buffer.of(PSS_TRAILER)]);
}

/** EMSA-PSS (RFC 8017 §9.1.1) of a digest with MGF1 of the same hash and a random salt as long as it, `length` bytes. */
export function encodePss(hash: HashAlgorithm, digest: Uint8Array, length: number): Buffer {
  return encodePssWith(randomBytes(digest.length), hash, digest, length);
}

/** EMSA-PSS verification (RFC 8017 §9.1.2): finds the salt, and encodes with it again. */
export function isEncodedPss(encoded: Buffer, hash: HashAlgorithm, digest: Uint8Array): boolean {
  const end = encoded.length - digest.length - 1;
  const block = Buffer.from(encoded.subarray(0, end));
  mask(hash, encoded.subarray(end, end + digest.length), block);
  const salt = block.subarray(block.length - digest.length);
  return encodePssWith(salt, hash, digest, encoded.length).equals(encoded);
}

/** RSAVP1 (RFC 8017 §5.2.2); undefined where the signature is not less than the modulus, or not as long. */
export function encodedIn(signature: Uint8Array, key: KeyObject): Buffer | undefined {
  try {
    return publicDecrypt({key, padding: constants.RSA_NO_PADDING}, signature);
  } catch {
    return undefined;
  }
}
