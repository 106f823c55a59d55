import {
  type Cipheriv,
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  type Decipheriv,
  randomBytes,
} from 'node:crypto';
import {MalformedRequestError} from '../../../errors.ts';
import {requireLength, type SoftwareAlgorithm} from '../software-algorithm.ts';

const CIPHER = 'id-aes256-wrap';
/** The default initial value (RFC 3394 §2.2.3.1). */
const INITIAL_VALUE = Buffer.alloc(8, 0xa6);
const BLOCK = 8;
const MIN_LENGTH = 16;
const MAX_LENGTH = 65_536;

function isKeyData(length: number): boolean {
  return length >= MIN_LENGTH && length <= MAX_LENGTH && length % BLOCK === 0;
}

/** The cipher gives everything at once: no other copy is left. */
function run(cipher: Cipheriv | Decipheriv, input: Uint8Array): Buffer {
  const output = cipher.update(input);
  cipher.final();
  return output;
}

/** AES Key Wrap (RFC 3394) with a 256 bit key, of 16 to 65,536 bytes. */
export const aesKw256: SoftwareAlgorithm = {
  cacheWeight: 1,
  generateSecret: () => randomBytes(32),
  open(secret) {
    requireLength(secret, 32);
    const key = createSecretKey(secret);
    return {
      wrapKey(unwrappedKey) {
        if (!isKeyData(unwrappedKey.length)) {
          throw new MalformedRequestError(
            `A key to be wrapped has ${MIN_LENGTH} to ${MAX_LENGTH} bytes, a multiple of ${BLOCK} (RFC 3394).`,
          );
        }
        return run(createCipheriv(CIPHER, key, INITIAL_VALUE), unwrappedKey);
      },
      unwrapKey(wrappedKey) {
        if (!isKeyData(wrappedKey.length - BLOCK)) return undefined;
        const decipher = createDecipheriv(CIPHER, key, INITIAL_VALUE);
        try {
          return run(decipher, wrappedKey);
        } catch {
          return undefined;
        }
      },
    };
  },
};
