import {sign, verify} from 'node:crypto';
import {promisify} from 'node:util';
import type {SoftwareAlgorithm} from '../software-algorithm.ts';
import {bytesOf, type CryptoWorkers} from './crypto-jobs.ts';
import {type EcCurve, generateEcSecret, isScalar, openCompressedPoint, openScalar} from './ec-curve.ts';
import {signDigest} from './ecdsa-digest.ts';
import {derFromRaw, lowS, rawFromDer} from './ecdsa-signature.ts';

const signOffThread = promisify(sign);
const verifyOffThread = promisify(verify);

/**
 * ECDSA (FIPS 186-5) with the curve's own hash; signatures are r‖s, of secp256k1 with the smaller s; s of either size
 * verifies. The secret is the scalar, big-endian. They go to and from OpenSSL as DER: its `ieee-p1363` costs another 20 µs
 * a signature on Node 24, as much as P-256. Digests are signed in ecdsa-digest.ts, and verified by JavaScript: what is public
 * needs no constant time, but a thread of its own.
 */
export function ecdsa(curve: EcCurve, {signatures}: Pick<CryptoWorkers, 'signatures'>): SoftwareAlgorithm {
  const {hash, namedCurve, order, size, slow} = curve;
  const fromDer = (der: Buffer): Buffer =>
    curve.lowS ? lowS(rawFromDer(der, size), order) : rawFromDer(der, size);
  return {
    cacheWeight: 1,
    generateSecret: () => generateEcSecret(curve),
    open(secret, keystoreId) {
      const {privateKey, publicKey} = openScalar(curve, secret);
      return {
        publicKey,
        async sign(data, {prehashed}) {
          if (!prehashed)
            return fromDer(slow ? await signOffThread(hash, data, privateKey) : sign(hash, data, privateKey));
          if (!slow) return signDigest(curve, privateKey, data);
          const digest = Uint8Array.from(data);
          const job = {operation: 'ecdsaSign', curve: namedCurve, privateKey, digest} as const;
          return bytesOf(await signatures.run(keystoreId, () => job));
        },
      };
    },
    openPublicKey(storedPublicKey, keystoreId) {
      const key = openCompressedPoint(curve, storedPublicKey);
      const publicKey = Uint8Array.from(storedPublicKey);
      return {
        async verify(data, givenSignature, {prehashed}) {
          if (givenSignature.length !== 2 * size) return false;
          if (!prehashed) {
            const der = derFromRaw(givenSignature);
            return slow ? verifyOffThread(hash, data, key, der) : verify(hash, data, key, der);
          }
          // r and s are in range (FIPS 186-5 §6.4.2, step 1); else the library throws.
          if (!isScalar(curve, givenSignature.subarray(0, size))) return false;
          if (!isScalar(curve, givenSignature.subarray(size))) return false;
          const [digest, signature] = [Uint8Array.from(data), Uint8Array.from(givenSignature)];
          const job = {operation: 'ecdsaVerify', curve: namedCurve, publicKey, digest, signature} as const;
          return (await signatures.run(keystoreId, () => job)) === true;
        },
      };
    },
  };
}
