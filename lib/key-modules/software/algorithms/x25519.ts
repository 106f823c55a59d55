import {createPrivateKey, createPublicKey, diffieHellman, generateKeyPairSync} from 'node:crypto';
import {asBuffer, operationFailed, type SoftwareAlgorithm} from '../software-algorithm.ts';

/** X25519 (RFC 7748). The secret is the 32 byte scalar before clamping. */
export const x25519: SoftwareAlgorithm = {
  cacheWeight: 1,
  generateSecret() {
    const {privateKey, publicKey} = generateKeyPairSync('x25519');
    return {
      secret: privateKey.export({format: 'raw-private'}),
      publicKey: publicKey.export({format: 'raw-public'}),
    };
  },
  open(secret) {
    const privateKey = createPrivateKey({key: secret, format: 'raw-private', asymmetricKeyType: 'x25519'});
    return {
      publicKey: createPublicKey(privateKey).export({format: 'raw-public'}),
      deriveSecret(peer) {
        try {
          const publicKey = createPublicKey({
            key: asBuffer(peer),
            format: 'raw-public',
            asymmetricKeyType: 'x25519',
          });
          // OpenSSL fails on an all-zero result (RFC 7748 §6.1), so on every point of low order.
          return diffieHellman({privateKey, publicKey});
        } catch (error) {
          throw operationFailed(error);
        }
      },
    };
  },
};
