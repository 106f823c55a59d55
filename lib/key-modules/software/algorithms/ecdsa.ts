import {sign, verify} from 'node:crypto';
import {promisify} from 'node:util';
import type {SoftwareAlgorithm} from '../software-algorithm.ts';
import {type EcCurve, generateScalar, openCompressedPoint, openScalar, P256, P384, P521} from './ec-curve.ts';
import {derFromRaw, rawFromDer} from './ecdsa-signature.ts';

const signOffThread = promisify(sign);
const verifyOffThread = promisify(verify);

/**
 * ECDSA (FIPS 186-5) with the curve's own hash; signatures are r‖s. The secret is the scalar, big-endian.
 * They go to and from OpenSSL as DER: its `ieee-p1363` costs another 20 µs a signature on Node 24, as much as P-256.
 */
function ecdsa(curve: EcCurve): SoftwareAlgorithm {
  const {hash, size, slow} = curve;
  return {
    cacheWeight: 1,
    generateSecret: () => generateScalar(curve),
    open(secret) {
      const {privateKey, publicKey} = openScalar(curve, secret);
      return {
        publicKey,
        sign: slow
          ? async (data) => rawFromDer(await signOffThread(hash, data, privateKey), size)
          : (data) => rawFromDer(sign(hash, data, privateKey), size),
      };
    },
    openPublicKey(publicKey) {
      const key = openCompressedPoint(curve, publicKey);
      return {
        verify(data, signature) {
          if (signature.length !== 2 * size) return false;
          const der = derFromRaw(signature);
          return slow ? verifyOffThread(hash, data, key, der) : verify(hash, data, key, der);
        },
      };
    },
  };
}

export const ecdsaP256 = ecdsa(P256);
export const ecdsaP384 = ecdsa(P384);
export const ecdsaP521 = ecdsa(P521);
