import {CKM, CKO} from '../../../pkcs11/cryptoki.ts';
import {openAesGcm, sealAesGcm} from '../../../pkcs11/aes-gcm.ts';
import {secretKeyTemplate} from '../templates.ts';
import {needs, type TokenAlgorithm} from '../token-algorithm.ts';

const PROBE = Buffer.from('probe');

/** AES-256-GCM with random nonces: nonce ‖ ciphertext ‖ tag. Who calls it counts the uses of a key. */
export const tokenAes256Gcm: TokenAlgorithm = {
  class: CKO.SECRET_KEY,
  support: needs([CKM.AES_KEY_GEN, CKM.AES_GCM], {
    operations: ['encrypt', 'decrypt'],
    encryptionAlgorithms: ['A256GCM'],
  }),
  async generate(token, object) {
    await token.generateKey(object, {mechanism: CKM.AES_KEY_GEN}, secretKeyTemplate('ENCRYPT', 'DECRYPT'));
    return undefined;
  },
  // There are tokens that take no nonce but their own.
  async prove(token, object) {
    const opened = await openAesGcm(token, object, await sealAesGcm(token, object, PROBE, PROBE), PROBE);
    return opened !== undefined && PROBE.equals(opened);
  },
  encrypt: sealAesGcm,
  decrypt: openAesGcm,
};
