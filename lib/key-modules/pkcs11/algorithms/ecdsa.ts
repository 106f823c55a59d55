import {createHash, randomBytes} from 'node:crypto';
import {compressPoint} from '../../../keys/public-key-codec/ec-point.ts';
import type {HashAlgorithm, SignatureAlgorithm} from '../../../keys/key-algorithms.ts';
import {CKM, CKO} from '../../../pkcs11/cryptoki.ts';
import type {CryptoWorkers} from '../../software/algorithms/crypto-jobs.ts';
import type {EcCurve} from '../../software/algorithms/ec-curve.ts';
import {lowS} from '../../software/algorithms/ecdsa-signature.ts';
import {ecdsa} from '../../software/algorithms/ecdsa.ts';
import {generateEcPair} from '../ec-keys.ts';
import {proveBySigning} from '../prove.ts';
import {needs, type TokenAlgorithm} from '../token-algorithm.ts';

/** ECDSA: the token is given the digest. It signs with an s of either size. */
export function tokenEcdsa(
  curve: EcCurve,
  algorithm: SignatureAlgorithm,
  hash: HashAlgorithm,
  workers: CryptoWorkers,
): TokenAlgorithm {
  const {namedCurve, size, order} = curve;
  const publicKey = ecdsa(curve, workers).openPublicKey;
  if (!publicKey) throw new Error('Unreachable: ECDSA verifies.');
  const sign: NonNullable<TokenAlgorithm['sign']> = async (token, object, data, {prehashed}) => {
    const digest = prehashed ? data : createHash(hash).update(data).digest();
    const input = {mechanism: {mechanism: CKM.ECDSA}, data: digest, length: 2 * size};
    const signature = Buffer.from(await token.use('sign', object, input));
    return curve.lowS && signature.length === 2 * size ? lowS(signature, order) : signature;
  };
  return {
    class: CKO.PRIVATE_KEY,
    support: needs([CKM.EC_KEY_PAIR_GEN, CKM.ECDSA], {
      operations: ['sign', 'verify'],
      signatureAlgorithms: [algorithm],
    }),
    async generate(token, object) {
      const point = await generateEcPair(token, object, {
        ...{mechanism: CKM.EC_KEY_PAIR_GEN, curve: namedCurve, use: 'SIGN'},
        pointBytes: 1 + 2 * size,
      });
      return compressPoint(point);
    },
    prove: proveBySigning({sign, publicKey}, randomBytes(32), {algorithm, hash, prehashed: false}),
    publicKey,
    sign,
  };
}
