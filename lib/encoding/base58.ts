import {decode, encode} from 'base58-universal';

/** base58btc without multibase prefix. */
export function encodeBase58(bytes: Uint8Array): string {
  return encode(bytes);
}

/** @returns the bytes, or undefined where `text` is not base58btc or is longer than `maxLength` characters. */
export function decodeBase58(text: string, maxLength = 4096): Uint8Array | undefined {
  // Decoding takes time that is quadratic in the length.
  if (text.length === 0 || text.length > maxLength) return undefined;
  try {
    return decode(text);
  } catch {
    return undefined;
  }
}
