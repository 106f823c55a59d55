import {randomBytes} from 'node:crypto';
import {CKM, CKO} from '../../../pkcs11/cryptoki.ts';
import {ed25519} from '../../software/algorithms/ed25519.ts';
import {generateEcPair} from '../ec-keys.ts';
import {proveBySigning} from '../prove.ts';
import {needs, type TokenAlgorithm} from '../token-algorithm.ts';

const publicKey = ed25519.openPublicKey;
if (!publicKey) throw new Error('Unreachable: Ed25519 verifies.');

const sign: NonNullable<TokenAlgorithm['sign']> = (token, object, data) =>
  token.use('sign', object, {mechanism: {mechanism: CKM.EDDSA}, data, length: 64});

/** Ed25519 (RFC 8032): the token is given the data. */
export const tokenEd25519: TokenAlgorithm = {
  class: CKO.PRIVATE_KEY,
  support: needs([CKM.EC_EDWARDS_KEY_PAIR_GEN, CKM.EDDSA], {
    operations: ['sign', 'verify'],
    signatureAlgorithms: ['EdDSA'],
  }),
  generate: (token, object) =>
    generateEcPair(token, object, {
      ...{mechanism: CKM.EC_EDWARDS_KEY_PAIR_GEN, curve: 'Ed25519', use: 'SIGN'},
      pointBytes: 32,
    }),
  prove: proveBySigning({sign, publicKey}, randomBytes(32), {
    ...{algorithm: 'EdDSA', hash: undefined, prehashed: false},
  }),
  publicKey,
  sign,
};
