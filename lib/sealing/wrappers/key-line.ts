/**
 * The content of a root key file: 32 bytes as 43 characters of unpadded base64url (RFC 4648 §5) and a newline. Bytes to
 * bytes, as a JavaScript string of the key could not be overwritten.
 */
const ALPHABET = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_', 'latin1');
const NEWLINE = 0x0a;
const KEY_BYTES = 32;
const KEY_CHARACTERS = 43;

/** The longest content that is well-formed, in bytes. */
export const MAX_LINE_BYTES = KEY_CHARACTERS + 1;

/** @returns 44 bytes of ASCII, which the caller overwrites. */
export function encodeKeyLine(key: Uint8Array): Uint8Array {
  const bits = Buffer.alloc(KEY_BYTES + 1);
  bits.set(key);
  const line = Buffer.alloc(MAX_LINE_BYTES, NEWLINE);
  for (let i = 0; i < KEY_CHARACTERS; i++) {
    const {offset, shift} = sextet(i);
    line[i] = ALPHABET.readUInt8((bits.readUInt16BE(offset) >> shift) & 0x3f);
  }
  bits.fill(0);
  return line;
}

/** @returns the 32 bytes, which the caller overwrites; undefined where `line` is not one strict line (its newline is optional). */
export function decodeKeyLine(line: Uint8Array): Uint8Array | undefined {
  const text = line[KEY_CHARACTERS] === NEWLINE ? line.subarray(0, -1) : line;
  if (text.length !== KEY_CHARACTERS) return undefined;
  const bits = Buffer.alloc(KEY_BYTES + 1);
  let strict = true;
  for (const [i, character] of text.entries()) {
    const value = ALPHABET.indexOf(character);
    const {offset, shift} = sextet(i);
    strict &&= value >= 0;
    bits.writeUInt16BE(bits.readUInt16BE(offset) | ((value & 0x3f) << shift), offset);
  }
  // The last character's two unused bits are zero, so that a key has exactly one spelling.
  strict &&= bits.readUInt8(KEY_BYTES) === 0;
  const key = strict ? Uint8Array.from(bits.subarray(0, KEY_BYTES)) : undefined;
  bits.fill(0);
  return key;
}

/** Where the six bits of character `i` are: a big-endian 16-bit window and their place in it. */
function sextet(i: number): {readonly offset: number; readonly shift: number} {
  return {offset: (i * 6) >> 3, shift: 10 - ((i * 6) % 8)};
}
