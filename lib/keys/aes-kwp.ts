import {type Cipheriv, createCipheriv, createDecipheriv, createSecretKey, type Decipheriv} from 'node:crypto';

const CIPHER = 'id-aes256-wrap-pad';
/** The constant half of the alternative initial value (RFC 5649 §3); OpenSSL adds the length. */
const INITIAL_VALUE = Buffer.from('a65959a6', 'hex');
const KEY_BYTES = 32;
const BLOCK = 8;

/** AES Key Wrap with Padding (RFC 5649) under a 256 bit key, of one byte or more. */
export function wrapPadded(wrappingKey: Uint8Array, key: Uint8Array): Buffer {
  if (key.length === 0) throw new RangeError('There is nothing to wrap.');
  return run(createCipheriv(CIPHER, createSecretKey(wrappingKey), INITIAL_VALUE), key);
}

/** undefined where it does not open, whatever the reason. The caller zeroes what comes out. */
export function unwrapPadded(wrappingKey: Uint8Array, wrappedKey: Uint8Array): Buffer | undefined {
  if (wrappingKey.length !== KEY_BYTES) return undefined;
  if (wrappedKey.length < 2 * BLOCK || wrappedKey.length % BLOCK !== 0) return undefined;
  const decipher = createDecipheriv(CIPHER, createSecretKey(wrappingKey), INITIAL_VALUE);
  try {
    return run(decipher, wrappedKey);
  } catch {
    return undefined;
  }
}

/** The cipher gives everything at once. */
function run(cipher: Cipheriv | Decipheriv, input: Uint8Array): Buffer {
  const output = cipher.update(input);
  cipher.final();
  return output;
}
