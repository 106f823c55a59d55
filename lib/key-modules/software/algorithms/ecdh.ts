import {diffieHellman, type KeyObject} from 'node:crypto';
import {operationFailed, type SoftwareAlgorithm} from '../software-algorithm.ts';
import {
  type EcCurve,
  generateEcSecret,
  openCompressedPoint,
  openScalar,
  P256,
  P384,
  P521,
} from './ec-curve.ts';

function diffieHellmanOffThread(privateKey: KeyObject, publicKey: KeyObject): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    diffieHellman({privateKey, publicKey}, (error, secret) => {
      if (error) reject(error);
      else resolve(secret);
    });
  });
}

/** ECDH (SP 800-56A §5.7.1.2): the x coordinate. The secret is the scalar, big-endian; a peer's key is a compressed point. */
function ecdh(curve: EcCurve): SoftwareAlgorithm {
  return {
    cacheWeight: 1,
    generateSecret: () => generateEcSecret(curve),
    open(secret) {
      const {privateKey, publicKey} = openScalar(curve, secret);
      return {
        publicKey,
        async deriveSecret(peer) {
          try {
            const point = openCompressedPoint(curve, peer);
            return curve.slow
              ? await diffieHellmanOffThread(privateKey, point)
              : diffieHellman({privateKey, publicKey: point});
          } catch (error) {
            throw operationFailed(error);
          }
        },
      };
    },
  };
}

export const ecdhP256 = ecdh(P256);
export const ecdhP384 = ecdh(P384);
export const ecdhP521 = ecdh(P521);
