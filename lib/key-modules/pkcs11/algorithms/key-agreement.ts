import {createPublicKey, diffieHellman, generateKeyPairSync, type KeyObject} from 'node:crypto';
import {compressPoint} from '../../../keys/public-key-codec/ec-point.ts';
import {CK_PARAMS, CKD_NULL, CKM, CKO} from '../../../pkcs11/cryptoki.ts';
import type {Pkcs11Token, TokenObject} from '../../../pkcs11/pkcs11-token.ts';
import {refusesInput} from '../../../pkcs11/refused-input.ts';
import {type EcCurve, openCompressedPoint} from '../../software/algorithms/ec-curve.ts';
import {operationFailed} from '../../software/software-algorithm.ts';
import {generateEcPair} from '../ec-keys.ts';
import {needs, type TokenAlgorithm} from '../token-algorithm.ts';

/** The secret that both sides find, `length` bytes. @throws OperationFailedError where the token refuses the point */
async function derive(
  token: Pkcs11Token,
  object: TokenObject,
  publicData: Uint8Array,
  length: number,
): Promise<Uint8Array> {
  const parameter = {type: CK_PARAMS.EC_DH, kdf: CKD_NULL, publicData};
  const mechanism = {mechanism: CKM.ECDH1_DERIVE, parameter};
  let secret;
  try {
    secret = await token.use('derive', object, {mechanism, data: new Uint8Array(), length, checked: true});
  } catch (error) {
    throw refusesInput(error) ? operationFailed(error) : error;
  }
  // RFC 7748 §6.1: not every token looks.
  if (secret.length !== length || secret.every((byte) => byte === 0)) throw operationFailed();
  return secret;
}

type Derive = NonNullable<TokenAlgorithm['deriveSecret']>;

/** By a key of ours, whose side is reckoned here. */
function proveByAgreeing(
  makePeer: () => {readonly privateKey: KeyObject; readonly raw: Uint8Array},
  open: (publicKey: Uint8Array) => KeyObject,
  deriveSecret: Derive,
): TokenAlgorithm['prove'] {
  return async (token, object, publicKey) => {
    if (!publicKey) return false;
    const {privateKey, raw} = makePeer();
    const theirs = await deriveSecret(token, object, raw);
    return diffieHellman({privateKey, publicKey: open(publicKey)}).equals(theirs);
  };
}

/** ECDH of a NIST curve: the x coordinate. A peer's key is a compressed point, which is looked at here. */
export function tokenEcdh(curve: EcCurve): TokenAlgorithm {
  const {namedCurve, size} = curve;
  const deriveSecret: Derive = (token, object, peer) => {
    let point;
    try {
      point = openCompressedPoint(curve, peer).export({format: 'raw-public'});
    } catch (error) {
      throw operationFailed(error);
    }
    return derive(token, object, point, size);
  };
  const makePeer = () => {
    const {privateKey, publicKey} = generateKeyPairSync('ec', {namedCurve});
    return {privateKey, raw: compressPoint(publicKey.export({format: 'raw-public'}))};
  };
  return {
    class: CKO.PRIVATE_KEY,
    support: needs([CKM.EC_KEY_PAIR_GEN, CKM.ECDH1_DERIVE], {operations: ['deriveSecret']}),
    async generate(token, object) {
      const point = await generateEcPair(token, object, {
        ...{mechanism: CKM.EC_KEY_PAIR_GEN, curve: namedCurve, use: 'DERIVE'},
        pointBytes: 1 + 2 * size,
      });
      return compressPoint(point);
    },
    prove: proveByAgreeing(makePeer, (key) => openCompressedPoint(curve, key), deriveSecret),
    deriveSecret,
  };
}

const X25519_BYTES = 32;

const deriveX25519: Derive = async (token, object, peer) => {
  if (peer.length !== X25519_BYTES) throw operationFailed();
  return derive(token, object, peer, X25519_BYTES);
};

/** Tokens that do not know the Montgomery curves' own mechanism make these keys by that of the Edwards curves. */
function x25519Generation(mechanisms: ReadonlySet<number>): number {
  return mechanisms.has(CKM.EC_MONTGOMERY_KEY_PAIR_GEN)
    ? CKM.EC_MONTGOMERY_KEY_PAIR_GEN
    : CKM.EC_EDWARDS_KEY_PAIR_GEN;
}

/** X25519 (RFC 7748). */
export const tokenX25519: TokenAlgorithm = {
  class: CKO.PRIVATE_KEY,
  support: (mechanisms) =>
    needs([x25519Generation(mechanisms), CKM.ECDH1_DERIVE], {operations: ['deriveSecret']})(mechanisms),
  generate: (token, object) =>
    generateEcPair(token, object, {
      ...{mechanism: x25519Generation(token.mechanisms), curve: 'X25519', use: 'DERIVE'},
      pointBytes: X25519_BYTES,
    }),
  prove: proveByAgreeing(
    () => {
      const {privateKey, publicKey} = generateKeyPairSync('x25519');
      return {privateKey, raw: publicKey.export({format: 'raw-public'})};
    },
    (key) => createPublicKey({key: Buffer.from(key), format: 'raw-public', asymmetricKeyType: 'x25519'}),
    deriveX25519,
  ),
  deriveSecret: deriveX25519,
};
