import {CKA, CKK, CKM, CKO} from '../../../pkcs11/cryptoki.ts';
import type {Pkcs11Token, TokenObject} from '../../../pkcs11/pkcs11-token.ts';
import {secretKeyTemplate} from '../templates.ts';
import {needs, type TokenAlgorithm} from '../token-algorithm.ts';

const TAG_BYTES = 32;

const sign = (token: Pkcs11Token, object: TokenObject, data: Uint8Array): Promise<Uint8Array> =>
  token.use('sign', object, {
    ...{mechanism: {mechanism: CKM.SHA256_HMAC}, data, length: TAG_BYTES},
    checked: true,
  });

/** HMAC-SHA-256 with a 32 byte key and the whole tag; verifying is making the tag, and comparing. */
export const tokenHmacSha256: TokenAlgorithm = {
  class: CKO.SECRET_KEY,
  support: needs([CKM.GENERIC_SECRET_KEY_GEN, CKM.SHA256_HMAC], {
    operations: ['sign', 'verify'],
    signatureAlgorithms: ['HS256'],
  }),
  async generate(token, object) {
    await token.generateKey(object, {mechanism: CKM.GENERIC_SECRET_KEY_GEN}, [
      ...secretKeyTemplate('SIGN', 'VERIFY'),
      {type: CKA.KEY_TYPE, value: CKK.GENERIC_SECRET},
    ]);
    return undefined;
  },
  prove: async (token, object) => (await sign(token, object, Buffer.alloc(1))).length === TAG_BYTES,
  sign,
};
