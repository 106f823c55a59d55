import {createHmac, createSecretKey, randomBytes, timingSafeEqual} from 'node:crypto';
import {requireLength, type SoftwareAlgorithm} from '../software-algorithm.ts';

/** HMAC-SHA-256 (RFC 2104) with a 32 byte key and the whole tag. */
export const hmacSha256: SoftwareAlgorithm = {
  cacheWeight: 1,
  generateSecret: () => randomBytes(32),
  open(secret) {
    requireLength(secret, 32);
    const key = createSecretKey(secret);
    const tag = (data: Uint8Array) => createHmac('sha256', key).update(data).digest();
    return {
      sign: tag,
      verify(data, signature) {
        const expected = tag(data);
        return signature.length === expected.length && timingSafeEqual(signature, expected);
      },
    };
  },
};
