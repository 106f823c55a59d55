import {createPrivateKey, createPublicKey, randomBytes, sign, verify} from 'node:crypto';
import {promisify} from 'node:util';
import {asBuffer, type SoftwareAlgorithm} from '../software-algorithm.ts';

const signOffThread = promisify(sign);
const verifyOffThread = promisify(verify);

/** ML-DSA (FIPS 204), hedged, with an empty context. The secret is the 32 byte seed ξ. */
function mlDsa(asymmetricKeyType: 'ml-dsa-44' | 'ml-dsa-65' | 'ml-dsa-87'): SoftwareAlgorithm {
  return {
    // OpenSSL keeps the expanded key: 20 to 40 KB.
    cacheWeight: 16,
    publicCacheWeight: 6,
    generateSecret: () => randomBytes(32),
    open(secret) {
      const privateKey = createPrivateKey({key: secret, format: 'raw-seed', asymmetricKeyType});
      return {
        publicKey: createPublicKey(privateKey).export({format: 'raw-public'}),
        sign: (data) => signOffThread(null, data, privateKey),
      };
    },
    openPublicKey(publicKey) {
      const key = createPublicKey({key: asBuffer(publicKey), format: 'raw-public', asymmetricKeyType});
      return {verify: (data, signature) => verifyOffThread(null, data, key, signature)};
    },
  };
}

export const mlDsa44 = mlDsa('ml-dsa-44');
export const mlDsa65 = mlDsa('ml-dsa-65');
export const mlDsa87 = mlDsa('ml-dsa-87');
