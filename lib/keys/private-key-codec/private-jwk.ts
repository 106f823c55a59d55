import {encodeBase64url} from '../../encoding/base64url.ts';
import {MalformedRequestError, NotSupportedError} from '../../errors.ts';
import {asJwk, type Jwk, jwkBytes, jwkInteger, jwkMember, requireJwkWord} from '../jwk-members.ts';
import {KEY_FORMS} from '../key-forms.ts';
import type {KeyTypeDescriptor} from '../key-types.ts';
import {formatPublicJwk, parsePublicJwk} from '../public-key-codec/public-jwk.ts';
import {assertPublicKeyOf, derivePublicKey, type PrivateKeyForm} from './private-key-object.ts';
import {
  assertRsaPublicPart,
  readRsaPrivateKey,
  RSA_MEMBERS,
  type RsaPrivateKey,
  writeRsaPrivateKey,
} from './rsa-private-key.ts';

/** A private or secret JWK: its strings are secret, and cannot be zeroed. */
export type PrivateJwk = Readonly<Record<string, string>>;

/**
 * Reads a JWK with its private members. All members of its form must be there; of RSA all of RFC 7518 §6.3.2 but `oth`. What else
 * is in it is not looked at (jwk-purpose.ts does at what the key is for).
 * @returns the secret in the `secretForm` of its type; the caller zeroes it. What only arithmetic tells (a scalar out of range,
 *   wrong exponents of an RSA key), its key module checks.
 * @throws MalformedRequestError where it is not a private key of that type. @throws NotSupportedError where there is no such JWK.
 */
export function parsePrivateJwk(type: KeyTypeDescriptor, value: unknown): Buffer {
  const form = KEY_FORMS[type.algorithm];
  const jwk = asJwk(value);
  if (form.kty === 'oct') {
    requireJwkWord(jwk, 'kty', form.kty);
    return jwkBytes(jwk, 'k', form.keyBytes);
  }
  if (form.kty === 'BBS') throw noPrivateJwk(type);
  const publicKey = parsePublicJwk(type, jwk);
  if (form.kty === 'RSA') return parseRsa(jwk, form.modulusBits);
  const secret = jwkBytes(jwk, ...secretMember(form));
  try {
    assertPublicKeyOf(type, form, {secret, publicKey});
    return secret;
  } catch (error) {
    secret.fill(0);
    throw error;
  }
}

/** Writes a secret, in the `secretForm` of its type, as JWK. @throws MalformedRequestError, NotSupportedError as `parsePrivateJwk` */
export function formatPrivateJwk(type: KeyTypeDescriptor, secret: Uint8Array): PrivateJwk {
  const form = KEY_FORMS[type.algorithm];
  if (form.kty === 'oct') return {kty: form.kty, alg: form.alg, k: encodeBase64url(secret)};
  if (form.kty === 'BBS') throw noPrivateJwk(type);
  if (form.kty === 'RSA') {
    const key = readRsaPrivateKey(secret);
    const members = RSA_MEMBERS.map((name) => [name, encodeBase64url(key[name])] as const);
    return {kty: form.kty, ...Object.fromEntries(members)};
  }
  const publicJwk = formatPublicJwk(type, derivePublicKey(type, form, secret));
  return {...publicJwk, [secretMember(form)[0]]: encodeBase64url(secret)};
}

/** The private member, and how many bytes it has. */
function secretMember(form: Exclude<PrivateKeyForm, {kty: 'RSA'}>): [name: string, length: number] {
  switch (form.kty) {
    case 'OKP':
      return ['d', 32];
    case 'EC':
      return ['d', form.size];
    case 'AKP':
      return ['priv', form.seedBytes];
  }
}

function parseRsa(jwk: Jwk, modulusBits: number): Buffer {
  if (jwkMember(jwk, 'oth') !== undefined) {
    throw new MalformedRequestError('RSA keys of more than two primes ("oth") are not supported.');
  }
  const members: [string, Buffer][] = [];
  try {
    for (const name of RSA_MEMBERS) members.push([name, jwkInteger(jwk, name, modulusBits / 8)]);
    const key = Object.fromEntries(members) as RsaPrivateKey;
    assertRsaPublicPart(key, modulusBits);
    return writeRsaPrivateKey(key);
  } finally {
    for (const [, integer] of members) integer.fill(0);
  }
}

function noPrivateJwk({name}: KeyTypeDescriptor): NotSupportedError {
  return new NotSupportedError(`Keys of type ${name} have no private JWK.`);
}
