import {createCipheriv, createDecipheriv, createSecretKey, randomBytes} from 'node:crypto';
import {requireLength, type SoftwareAlgorithm} from '../software-algorithm.ts';

const CIPHER = 'aes-256-gcm';
const NONCE_LENGTH = 12;
const TAG_LENGTH = 16;

/**
 * AES-256-GCM (SP 800-38D) with random nonces: nonce ‖ ciphertext ‖ tag. Who calls it counts the uses of a key, of which
 * there may be 2^32 (§8.3).
 */
export const aes256Gcm: SoftwareAlgorithm = {
  cacheWeight: 1,
  generateSecret: () => randomBytes(32),
  open(secret) {
    requireLength(secret, 32);
    const key = createSecretKey(secret);
    return {
      encrypt(plaintext, additionalData) {
        const nonce = randomBytes(NONCE_LENGTH);
        const cipher = createCipheriv(CIPHER, key, nonce, {authTagLength: TAG_LENGTH}).setAAD(additionalData);
        const ciphertext = [cipher.update(plaintext), cipher.final()];
        return Buffer.concat([nonce, ...ciphertext, cipher.getAuthTag()]);
      },
      decrypt(sealed, additionalData) {
        const end = sealed.length - TAG_LENGTH;
        if (end < NONCE_LENGTH) return undefined;
        const nonce = sealed.subarray(0, NONCE_LENGTH);
        // Without the option OpenSSL takes tags of four bytes, too.
        const decipher = createDecipheriv(CIPHER, key, nonce, {authTagLength: TAG_LENGTH})
          .setAAD(additionalData)
          .setAuthTag(sealed.subarray(end));
        const plaintext = decipher.update(sealed.subarray(NONCE_LENGTH, end));
        try {
          // GCM is a stream: nothing comes at the end but the verdict.
          decipher.final();
          return plaintext;
        } catch {
          plaintext.fill(0);
          return undefined;
        }
      },
    };
  },
};
