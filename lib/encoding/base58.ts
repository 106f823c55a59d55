const BASE58 = /^[1-9A-HJ-NP-Za-km-z]+$/;
const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
/** As many digits as a double holds exactly: 58^9 < 2^53. */
const LEAF_DIGITS = 9;
/** 58^9, 58^18, 58^36, … 58^4608: the last is more than 3,300 bytes can say. */
const POWERS = Array.from({length: 10}, (_, i) => 58n ** (BigInt(LEAF_DIGITS) << BigInt(i)));
const MIN_HALVED = 64;
const MAX_HALVED = 3300;
/** Digits that are read or written at once, and bytes: the product of what they say is whole in a double. */
const CHUNK_DIGITS = 4;
const CHUNK = 58 ** CHUNK_DIGITS;
/** Two digits, by what they say. */
const PAIRS = Array.from(
  {length: 58 ** 2},
  (_, value) => ALPHABET.charAt(Math.floor(value / 58)) + ALPHABET.charAt(value % 58),
);
const LIMB_BYTES = 3;
const LIMB = 2 ** 24;
/** By character code. */
const VALUES = Uint8Array.from({length: 128}, (_, code) =>
  Math.max(0, ALPHABET.indexOf(String.fromCharCode(code))),
);

/** base58btc without multibase prefix. */
export function encodeBase58(bytes: Uint8Array): string {
  return bytes.length < MIN_HALVED || bytes.length > MAX_HALVED
    ? encodeByChunks(bytes)
    : encodeByHalves(bytes);
}

/** Several times as fast as byte by byte: every description of a key has its public key. */
function encodeByChunks(bytes: Uint8Array): string {
  const chunks: number[] = [];
  let end = bytes.length % LIMB_BYTES;
  for (let start = 0; start < bytes.length; start = end, end += LIMB_BYTES) {
    let carry = 0;
    for (let i = start; i < end; i++) carry = carry * 256 + (bytes[i] ?? 0);
    for (let i = 0; i < chunks.length; i++) {
      const sum = (chunks[i] ?? 0) * LIMB + carry;
      carry = Math.floor(sum / CHUNK);
      chunks[i] = sum - carry * CHUNK;
    }
    for (; carry > 0; carry = Math.floor(carry / CHUNK)) chunks.push(carry % CHUNK);
  }
  let text = '';
  for (const chunk of chunks.reverse()) {
    text += (PAIRS[Math.floor(chunk / PAIRS.length)] ?? '') + (PAIRS[chunk % PAIRS.length] ?? '');
  }
  const zeros = bytes.findIndex((byte) => byte !== 0);
  return '1'.repeat(zeros === -1 ? bytes.length : zeros) + text.replace(/^1+/, '');
}

/** For the public keys of ML-DSA some fifty times as fast as digit by digit, which takes 20 ms. */
function encodeByHalves(bytes: Uint8Array): string {
  const zeros = bytes.findIndex((byte) => byte !== 0);
  if (zeros === -1) return '1'.repeat(bytes.length);
  const value = BigInt(`0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`);
  const level = POWERS.findIndex((power) => value < power);
  return '1'.repeat(zeros) + digits(value, level).replace(/^1+/, '');
}

/** The 9 · 2^level digits of `value`, with zeros in front. */
function digits(value: bigint, level: number): string {
  const power = POWERS[level - 1];
  if (power !== undefined) return digits(value / power, level - 1) + digits(value % power, level - 1);
  let text = '';
  for (let rest = Number(value), i = 0; i < LEAF_DIGITS; i++, rest = Math.floor(rest / 58)) {
    text = ALPHABET.charAt(rest % 58) + text;
  }
  return text;
}

/** @returns the bytes, or undefined where `text` is not base58btc or is longer than `maxLength` characters. */
export function decodeBase58(text: string, maxLength = 4096): Uint8Array | undefined {
  // Decoding takes time that is quadratic in the length.
  if (text.length > maxLength || !BASE58.test(text)) return undefined;
  const digits = text.replace(/^1+/, '');
  const value = toBytes(toLimbs(digits));
  const bytes = new Uint8Array(text.length - digits.length + value.length);
  bytes.set(value, bytes.length - value.length);
  return bytes;
}

/** Of 24 bits, the least first. Several times as fast as byte by byte: proofs and keys come in base58. */
function toLimbs(digits: string): readonly number[] {
  const limbs: number[] = [];
  let end = digits.length % CHUNK_DIGITS;
  for (let start = 0; start < digits.length; start = end, end += CHUNK_DIGITS) {
    let carry = 0;
    for (let i = start; i < end; i++) carry = carry * 58 + (VALUES[digits.charCodeAt(i)] ?? 0);
    for (let i = 0; i < limbs.length; i++) {
      const sum = (limbs[i] ?? 0) * CHUNK + carry;
      carry = Math.floor(sum / LIMB);
      limbs[i] = sum - carry * LIMB;
    }
    if (carry > 0) limbs.push(carry);
  }
  return limbs;
}

/** Without zeros in front. */
function toBytes(limbs: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(limbs.length * LIMB_BYTES);
  for (let i = 0, end = bytes.length; i < limbs.length; i++) {
    const limb = limbs[i] ?? 0;
    bytes[--end] = limb;
    bytes[--end] = limb >>> 8;
    bytes[--end] = limb >>> 16;
  }
  const first = bytes.findIndex((byte) => byte !== 0);
  return first === -1 ? bytes.subarray(bytes.length) : bytes.subarray(first);
}
