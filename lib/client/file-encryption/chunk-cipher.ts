import {createCipheriv, createDecipheriv, createSecretKey, hkdfSync, type KeyObject} from 'node:crypto';

const CIPHER = 'aes-256-gcm';
const KEY_LENGTH = 32;
const NONCE_PREFIX_LENGTH = 7;
const MAX_CHUNKS = 2 ** 32;

/** Bytes that each chunk is longer than its plaintext. */
export const TAG_LENGTH = 16;

/**
 * The STREAM construction (Hoang, Reyhanitabar, Rogaway and Vizár, CRYPTO 2015, §7) over AES-256-GCM: a chunk's nonce is a prefix
 * of 7 bytes, the chunk's number as 32 bits, and a byte that says whether it is the last. So chunks can neither be exchanged, left
 * out, repeated nor cut off at the end. Key and prefix come from the file's own data key by HKDF-SHA-256, with the size of chunks.
 */
export class ChunkCipher {
  readonly #key: KeyObject;
  readonly #nonce: Buffer;
  #count = 0;

  /** Copies what it needs of `dataKey`, 32 bytes, which nothing else is ever encrypted with. */
  constructor(dataKey: Uint8Array, chunkSize: number) {
    if (dataKey.length !== KEY_LENGTH) throw new RangeError('A data key has 32 bytes.');
    const info = `webkms file v1, chunks of ${chunkSize}`;
    const derived = Buffer.from(hkdfSync('sha256', dataKey, '', info, KEY_LENGTH + NONCE_PREFIX_LENGTH));
    this.#key = createSecretKey(derived.subarray(0, KEY_LENGTH));
    this.#nonce = Buffer.alloc(12);
    derived.copy(this.#nonce, 0, KEY_LENGTH);
    derived.fill(0);
  }

  /** @returns ciphertext and tag of the next chunk. */
  seal(plaintext: Uint8Array, last: boolean): readonly [ciphertext: Buffer, tag: Buffer] {
    const cipher = createCipheriv(CIPHER, this.#key, this.#nextNonce(last), {authTagLength: TAG_LENGTH});
    const ciphertext = cipher.update(plaintext);
    // GCM holds nothing back.
    cipher.final();
    return [ciphertext, cipher.getAuthTag()];
  }

  /** @returns the next chunk's plaintext; undefined where it does not open. */
  open(chunk: Uint8Array, last: boolean): Buffer | undefined {
    if (chunk.length < TAG_LENGTH) return undefined;
    const end = chunk.length - TAG_LENGTH;
    const decipher = createDecipheriv(CIPHER, this.#key, this.#nextNonce(last), {authTagLength: TAG_LENGTH});
    decipher.setAuthTag(chunk.subarray(end));
    const plaintext = decipher.update(chunk.subarray(0, end));
    try {
      return decipher.final().length === 0 ? plaintext : undefined;
    } catch {
      plaintext.fill(0);
      return undefined;
    }
  }

  #nextNonce(last: boolean): Buffer {
    if (this.#count >= MAX_CHUNKS) throw new RangeError('The file is too long for its size of chunks.');
    this.#nonce.writeUInt32BE(this.#count++, NONCE_PREFIX_LENGTH);
    this.#nonce.writeUInt8(last ? 1 : 0, NONCE_PREFIX_LENGTH + 4);
    return this.#nonce;
  }
}
