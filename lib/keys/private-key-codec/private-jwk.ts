import {encodeBase64url} from '../../encoding/base64url.ts';
import {base64urlBytes} from '../../encoding/base64url-bytes.ts';
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
  const members = privateMembers(type, secret);
  return Object.fromEntries(
    members.map(([name, value]) => [name, typeof value === 'string' ? value : encodeBase64url(value)]),
  );
}

/** The same as JSON, in bytes that the caller zeroes: nothing that is secret is a string. */
export function writePrivateJwk(type: KeyTypeDescriptor, secret: Uint8Array): Buffer {
  const parts = privateMembers(type, secret).map(([name, value], i) => {
    const before = `${i === 0 ? '{' : ','}${JSON.stringify(name)}:`;
    if (typeof value === 'string') return Buffer.from(before + JSON.stringify(value));
    const text = base64urlBytes(value);
    const part = Buffer.concat([Buffer.from(`${before}"`), text, Buffer.of(QUOTE)]);
    text.fill(0);
    return part;
  });
  const json = Buffer.concat([...parts, Buffer.of(CLOSING_BRACE)]);
  for (const part of parts) part.fill(0);
  return json;
}

const QUOTE = 0x22;
const CLOSING_BRACE = 0x7d;

/** Of what is secret, the bytes: they are written as base64url. */
function privateMembers(
  type: KeyTypeDescriptor,
  secret: Uint8Array,
): readonly (readonly [name: string, value: string | Uint8Array])[] {
  const form = KEY_FORMS[type.algorithm];
  if (form.kty === 'BBS') throw noPrivateJwk(type);
  if (form.kty === 'oct') {
    return [
      ['kty', form.kty],
      ['alg', form.alg],
      ['k', secret],
    ];
  }
  if (form.kty === 'RSA') {
    const key = readRsaPrivateKey(secret);
    return [['kty', form.kty], ...RSA_MEMBERS.map((name) => [name, key[name]] as const)];
  }
  const publicJwk = formatPublicJwk(type, derivePublicKey(type, form, secret));
  return [...Object.entries(publicJwk), [secretMember(form)[0], secret]];
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
