import {randomBytes} from 'node:crypto';
import {CKM, CKO} from '../../../pkcs11/cryptoki.ts';
import {unlessRefused} from '../../../pkcs11/refused-input.ts';
import {assertKeyData, isKeyData, WRAPPING_BLOCK} from '../../software/algorithms/key-data.ts';
import {secretKeyTemplate} from '../templates.ts';
import {needs, type TokenAlgorithm} from '../token-algorithm.ts';

const mechanism = {mechanism: CKM.AES_KEY_WRAP};

const wrapKey: NonNullable<TokenAlgorithm['wrapKey']> = async (token, object, unwrapped) => {
  assertKeyData(unwrapped.length);
  const length = unwrapped.length + WRAPPING_BLOCK;
  return token.use('wrap', object, {mechanism, data: unwrapped, length, checked: true});
};

const unwrapKey: NonNullable<TokenAlgorithm['unwrapKey']> = async (token, object, wrapped) => {
  const length = wrapped.length - WRAPPING_BLOCK;
  if (!isKeyData(length)) return undefined;
  const opened = await unlessRefused(
    token.use('unwrap', object, {mechanism, data: wrapped, length, checked: true}),
  );
  return opened?.length === length ? opened : undefined;
};

/** AES Key Wrap (RFC 3394) with a 256 bit key: what is wrapped is an object of the session for that long. */
export const tokenAesKw256: TokenAlgorithm = {
  class: CKO.SECRET_KEY,
  support: needs([CKM.AES_KEY_GEN, CKM.AES_KEY_WRAP], {operations: ['wrapKey', 'unwrapKey']}),
  async generate(token, object) {
    await token.generateKey(object, {mechanism: CKM.AES_KEY_GEN}, secretKeyTemplate('WRAP', 'UNWRAP'));
    return undefined;
  },
  async prove(token, object) {
    const probe = randomBytes(32);
    const unwrapped = await unwrapKey(token, object, await wrapKey(token, object, probe));
    return unwrapped !== undefined && probe.equals(unwrapped);
  },
  wrapKey,
  unwrapKey,
};
