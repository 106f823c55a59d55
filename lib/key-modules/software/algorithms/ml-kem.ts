import {createPrivateKey, createPublicKey, decapsulate, encapsulate, randomBytes} from 'node:crypto';
import {MalformedRequestError} from '../../../errors.ts';
import {asBuffer, requireLength, type SoftwareAlgorithm} from '../software-algorithm.ts';

const asymmetricKeyType = 'ml-kem-768';
const SEED_LENGTH = 64;
const CIPHERTEXT_LENGTH = 1088;

/** ML-KEM-768 (FIPS 203). The secret is the seed d ‖ z. */
export const mlKem768: SoftwareAlgorithm = {
  // OpenSSL keeps the expanded key: the matrix, both vectors and the seeds.
  cacheWeight: 5,
  publicCacheWeight: 4,
  generateSecret: () => randomBytes(SEED_LENGTH),
  open(secret) {
    requireLength(secret, SEED_LENGTH);
    const privateKey = createPrivateKey({key: secret, format: 'raw-seed', asymmetricKeyType});
    return {
      publicKey: createPublicKey(privateKey).export({format: 'raw-public'}),
      decapsulate(ciphertext) {
        if (ciphertext.length !== CIPHERTEXT_LENGTH) {
          throw new MalformedRequestError(
            `A ciphertext of ML-KEM-768 has ${CIPHERTEXT_LENGTH} bytes (FIPS 203).`,
          );
        }
        return decapsulate(privateKey, ciphertext);
      },
    };
  },
  openPublicKey(publicKey) {
    const key = createPublicKey({key: asBuffer(publicKey), format: 'raw-public', asymmetricKeyType});
    return {
      encapsulate() {
        const {sharedKey, ciphertext} = encapsulate(key);
        return {secret: sharedKey, ciphertext};
      },
    };
  },
};
