import {encodeBase64url} from '../../encoding/base64url.ts';
import {MalformedRequestError, NotSupportedError} from '../../errors.ts';
import {asJwk, type Jwk, jwkBytes, requireJwkWord} from '../jwk-members.ts';
import {KEY_FORMS} from '../key-forms.ts';
import type {KeyTypeDescriptor} from '../key-types.ts';
import {compressPoint, uncompressedPoint} from './ec-point.ts';
import {openPublicKey} from './public-key-object.ts';
import {formatRsaPublicKey, RSA_EXPONENT, rsaModulus} from './rsa-public-key.ts';

/** The members of a JWK that are the public key: RFC 7518 §6, RFC 8037 §2, RFC 8812 §3, RFC 9964. */
export type PublicJwk =
  | {readonly kty: 'OKP'; readonly crv: string; readonly x: string}
  | {readonly kty: 'EC'; readonly crv: string; readonly x: string; readonly y: string}
  | {readonly kty: 'RSA'; readonly n: string; readonly e: string}
  | {readonly kty: 'AKP'; readonly alg: string; readonly pub: string};

/**
 * Writes a raw public key (see key-types.ts) as JWK. BBS keys, of which there is no standard, are `OKP` with `crv` `Bls12381G2`.
 * @throws MalformedRequestError where it is not a public key of that type. @throws NotSupportedError where there is none.
 */
export function formatPublicJwk(type: KeyTypeDescriptor, raw: Uint8Array): PublicJwk {
  const form = KEY_FORMS[type.algorithm];
  if (form.kty === 'BBS') {
    if (raw.length !== type.publicKey?.length) throw notOfType(type);
    return {kty: 'OKP', crv: form.crv, x: encodeBase64url(raw)};
  }
  const key = openPublicKey(type, raw);
  switch (form.kty) {
    case 'OKP':
      return {kty: form.kty, crv: form.crv, x: encodeBase64url(raw)};
    case 'EC': {
      const point = key.export({format: 'raw-public'});
      const x = encodeBase64url(point.subarray(1, 1 + form.size));
      return {kty: form.kty, crv: form.crv, x, y: encodeBase64url(point.subarray(1 + form.size))};
    }
    case 'RSA':
      return {
        kty: form.kty,
        n: encodeBase64url(rsaModulus(raw, form.modulusBits)),
        e: encodeBase64url(RSA_EXPONENT),
      };
    case 'AKP':
      return {kty: form.kty, alg: form.alg, pub: encodeBase64url(raw)};
    case 'oct':
      throw new NotSupportedError('Keys of this type have no public key.');
  }
}

/**
 * Reads the public key of a JWK; other members, private ones too, are not looked at.
 * @returns the raw key in the type's encoding.
 * @throws MalformedRequestError where it is not a public key of that type. @throws NotSupportedError where there is none.
 */
export function parsePublicJwk(type: KeyTypeDescriptor, value: unknown): Buffer {
  const raw = readMembers(type, asJwk(value));
  if (KEY_FORMS[type.algorithm].kty !== 'BBS') openPublicKey(type, raw);
  return raw;
}

function readMembers(type: KeyTypeDescriptor, jwk: Jwk): Buffer {
  const form = KEY_FORMS[type.algorithm];
  if (form.kty === 'oct' || !type.publicKey) {
    throw new NotSupportedError('Keys of this type have no public key.');
  }
  requireJwkWord(jwk, 'kty', form.kty === 'BBS' ? 'OKP' : form.kty);
  switch (form.kty) {
    case 'OKP':
    case 'BBS':
      requireJwkWord(jwk, 'crv', form.crv);
      return jwkBytes(jwk, 'x', type.publicKey.length);
    case 'EC': {
      requireJwkWord(jwk, 'crv', form.crv);
      const [x, y] = [jwkBytes(jwk, 'x', form.size), jwkBytes(jwk, 'y', form.size)];
      return readPoint(type, x, y);
    }
    case 'RSA':
      requireJwkWord(jwk, 'e', encodeBase64url(RSA_EXPONENT));
      return formatRsaPublicKey(jwkBytes(jwk, 'n', form.modulusBits / 8));
    case 'AKP':
      requireJwkWord(jwk, 'alg', form.alg);
      return jwkBytes(jwk, 'pub', type.publicKey.length);
  }
}

/** @throws MalformedRequestError where the point is not on the curve. */
function readPoint(type: KeyTypeDescriptor, x: Buffer, y: Buffer): Buffer {
  const point = uncompressedPoint(x, y);
  const compressed = compressPoint(point);
  // Of an x there is one y of that parity: any other is off the curve, or not reduced.
  if (!openPublicKey(type, compressed).export({format: 'raw-public'}).equals(point)) throw notOfType(type);
  return compressed;
}

function notOfType({name}: KeyTypeDescriptor): MalformedRequestError {
  return new MalformedRequestError(`This is not a public key of type ${name}.`);
}
