import {createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify} from 'node:crypto';
import {asBuffer, type SoftwareAlgorithm} from '../software-algorithm.ts';

/**
 * Ed25519 (RFC 8032). The secret is the 32 byte seed. OpenSSL refuses S ≥ L and public keys of small order; the tests
 * hold it to that.
 */
export const ed25519: SoftwareAlgorithm = {
  cacheWeight: 1,
  generateSecret() {
    const {privateKey, publicKey} = generateKeyPairSync('ed25519');
    return {
      secret: privateKey.export({format: 'raw-private'}),
      publicKey: publicKey.export({format: 'raw-public'}),
    };
  },
  open(secret) {
    const privateKey = createPrivateKey({key: secret, format: 'raw-private', asymmetricKeyType: 'ed25519'});
    return {
      publicKey: createPublicKey(privateKey).export({format: 'raw-public'}),
      sign: (data) => sign(null, data, privateKey),
    };
  },
  openPublicKey(publicKey) {
    const key = createPublicKey({
      key: asBuffer(publicKey),
      format: 'raw-public',
      asymmetricKeyType: 'ed25519',
    });
    return {verify: (data, signature) => verify(null, data, key, signature)};
  },
};
