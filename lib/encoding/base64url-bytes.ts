const ALPHABET = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_', 'latin1');

/**
 * Encodes a secret as unpadded base64url (RFC 4648 §5) without a string, which could not be overwritten.
 * @returns ASCII, in memory of its own, which the caller overwrites
 */
export function base64urlBytes(bytes: Uint8Array): Buffer {
  const text = Buffer.alloc(Math.ceil((bytes.length * 4) / 3));
  for (let i = 0; i < text.length; i++) {
    // The six bits of a character lie in one byte or two.
    const offset = (i * 6) >> 3;
    const window = ((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0);
    text[i] = ALPHABET[(window >> (10 - ((i * 6) % 8))) & 0x3f] ?? 0;
  }
  return text;
}
