import {createHash} from 'node:crypto';

const HASH = 'sha256';
const HASH_BYTES = 32;

const hashOf = (...parts: readonly Uint8Array[]): Buffer => {
  const hash = createHash(HASH);
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** XORs MGF1 of `seed` (RFC 8017 §B.2.1) onto `block`. */
function mask(seed: Uint8Array, block: Buffer): void {
  const counter = Buffer.alloc(4);
  for (let offset = 0; offset < block.length; counter.writeUInt32BE(counter.readUInt32BE() + 1)) {
    const bytes = hashOf(seed, counter).subarray(0, block.length - offset);
    for (const byte of bytes) {
      block.writeUInt8(block.readUInt8(offset) ^ byte, offset);
      offset += 1;
    }
  }
}

/**
 * EME-OAEP decoding with SHA-256 (RFC 8017 §7.1.2, step 3) of a message that RSADP gave, as long as the modulus, which is
 * overwritten. Which of its conditions fails is shown by nothing, its time included (Manger's attack): all of them are looked
 * at, and neither branches nor indexes depend on the message before the verdict.
 * @returns undefined where it is not the encoding of a message under that label
 */
export function decodeOaep(encoded: Buffer, label: Uint8Array): Buffer | undefined {
  const [seed, block] = [encoded.subarray(1, 1 + HASH_BYTES), encoded.subarray(1 + HASH_BYTES)];
  mask(block, seed);
  mask(seed, block);
  let bad = encoded.readUInt8();
  for (const [index, byte] of hashOf(label).entries()) bad |= block.readUInt8(index) ^ byte;
  // 1 until the byte 0x01 that ends the padding of zeros was seen, and 0 after.
  let padding = 1;
  let start = 0;
  for (let index = HASH_BYTES; index < block.length; index += 1) {
    const byte = block.readUInt8(index);
    const isOne = isZero(byte ^ 1);
    start |= index * (padding & isOne);
    bad |= padding & ~isOne & ~isZero(byte) & 1;
    padding &= ~isOne;
  }
  bad |= padding & 1;
  const message = bad === 0 ? Buffer.from(block.subarray(start + 1)) : undefined;
  encoded.fill(0);
  return message;
}

/** 1 for 0, and 0 for any other byte. */
function isZero(byte: number): number {
  return ((byte - 1) >>> 8) & 1;
}
