import {createCipheriv, createDecipheriv, randomFillSync, type KeyObject} from 'node:crypto';
import {SealedBlobError} from './wrapper.ts';

/**
 * The format of everything sealed at rest: AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce.
 *
 *     0x01 ‖ length of key id (1 byte) ‖ key id (ASCII) ‖ nonce (12) ‖ ciphertext ‖ tag (16)
 *
 * Authenticated are 0x01 ‖ length ‖ key id ‖ the caller's additional data. The first three end where they say, so no
 * two pairs of key id and additional data have the same bytes.
 */
const FORMAT = 0x01;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_ID = /^[A-Za-z0-9_-]{1,64}$/;

/** What is sealed here are keys, secrets and short records. */
export const MAX_PLAINTEXT_BYTES = 1024 * 1024;

/** A secret key of 32 bytes and the id (1–64 characters of base64url) that blobs name it by. */
export interface BlobKey {
  readonly id: string;
  readonly key: KeyObject;
}

/** @throws RangeError where `plaintext` is longer than `MAX_PLAINTEXT_BYTES`. */
export function sealBlob({id, key}: BlobKey, plaintext: Uint8Array, additionalData: Uint8Array): Uint8Array {
  if (plaintext.length > MAX_PLAINTEXT_BYTES) throw new RangeError('The plaintext is too long to be sealed.');
  const header = blobHeader(id);
  const start = header.length + NONCE_BYTES;
  const blob = Buffer.alloc(start + plaintext.length + TAG_BYTES);
  blob.set(header);
  const nonce = randomFillSync(blob.subarray(header.length, start));
  const cipher = createCipheriv('aes-256-gcm', key, nonce, {authTagLength: TAG_BYTES});
  cipher.setAAD(header).setAAD(additionalData);
  blob.set(cipher.update(plaintext), start);
  cipher.final();
  blob.set(cipher.getAuthTag(), start + plaintext.length);
  return blob;
}

/** @returns the id of the key that `blob` says it was sealed with; unverified. @throws SealedBlobError where it is malformed. */
export function readKeyId(blob: Uint8Array): string {
  const [format, idLength = 0] = blob;
  const overhead = 2 + idLength + NONCE_BYTES + TAG_BYTES;
  const id = Buffer.from(blob.subarray(2, 2 + idLength)).toString('latin1');
  const lengthFits = blob.length >= overhead && blob.length <= overhead + MAX_PLAINTEXT_BYTES;
  if (format !== FORMAT || !lengthFits || !KEY_ID.test(id)) throw new SealedBlobError();
  return id;
}

/**
 * @returns the plaintext in memory of its own, which the caller may overwrite when done.
 * @throws SealedBlobError where the blob is malformed, another key's or another place's, or was changed.
 */
export function openBlob({id, key}: BlobKey, blob: Uint8Array, additionalData: Uint8Array): Uint8Array {
  if (readKeyId(blob) !== id) throw new SealedBlobError();
  const start = 2 + id.length;
  const nonce = blob.subarray(start, start + NONCE_BYTES);
  // Without authTagLength, node:crypto takes tags of four bytes for good.
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, {authTagLength: TAG_BYTES});
  decipher.setAAD(blob.subarray(0, start)).setAAD(additionalData);
  decipher.setAuthTag(blob.subarray(-TAG_BYTES));
  const plaintext = decipher.update(blob.subarray(start + NONCE_BYTES, -TAG_BYTES));
  try {
    decipher.final();
  } catch (cause) {
    plaintext.fill(0);
    throw new SealedBlobError({cause});
  }
  return plaintext;
}

/** What a blob begins with, and authenticates: before the nonce. */
export function blobHeader(keyId: string): Uint8Array {
  if (!KEY_ID.test(keyId)) throw new TypeError('A key id is 1–64 characters of base64url.');
  return Buffer.concat([Uint8Array.of(FORMAT, keyId.length), Buffer.from(keyId, 'latin1')]);
}
