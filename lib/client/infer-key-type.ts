import {createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject} from 'node:crypto';
import {MalformedRequestError, NotSupportedError} from '../errors.ts';
import {asJwk, jwkMember} from '../keys/jwk-members.ts';
import {findNamedKeyType, type KeyTypeDescriptor} from '../keys/key-types.ts';
import type {ImportedKey} from './kms.ts';

/** A key to be imported as the wire has it: `format`, and the bytes of the key in that format. */
export interface KeyToImport {
  readonly type: KeyTypeDescriptor;
  readonly format: 'jwk' | 'pkcs8' | 'raw';
  /** To be overwritten when it has served. */
  readonly bytes: Buffer;
}

/** By `crv`; what begins with `ECDH` agrees on secrets. */
const CURVES: ReadonlyMap<unknown, string> = new Map([
  ['Ed25519', 'ed25519'],
  ['X25519', 'x25519'],
  ['P-256', 'ecdsa-p256'],
  ['P-384', 'ecdsa-p384'],
  ['P-521', 'ecdsa-p521'],
  ['secp256k1', 'ecdsa-secp256k1'],
]);

/** By `alg`, of JWKs whose other members do not tell. */
const ALGORITHMS: ReadonlyMap<unknown, string> = new Map([
  ['HS256', 'hmac-sha256'],
  ['A256GCM', 'aes256'],
  ['A256KW', 'aes-kw-256'],
  ['ML-DSA-44', 'ml-dsa-44'],
  ['ML-DSA-65', 'ml-dsa-65'],
  ['ML-DSA-87', 'ml-dsa-87'],
  ['ML-KEM-768', 'ml-kem-768'],
]);

/** As OpenSSL calls them. */
const OPENSSL_CURVES: ReadonlyMap<unknown, string> = new Map([
  ['prime256v1', 'ecdsa-p256'],
  ['secp384r1', 'ecdsa-p384'],
  ['secp521r1', 'ecdsa-p521'],
  ['secp256k1', 'ecdsa-secp256k1'],
]);

/**
 * Writes a key that somebody has as the wire wants it, and finds out what it is, unless `alg` says so.
 * @throws MalformedRequestError where it cannot be read. @throws NotSupportedError where there are no such keys, or it does not tell
 */
export function readKeyToImport(key: ImportedKey, alg: string | undefined): KeyToImport {
  const named = alg === undefined ? undefined : requireKeyType(alg);
  if ('jwk' in key) {
    const type = named ?? requireKeyType(typeOfJwk(key.jwk));
    return {type, format: 'jwk', bytes: Buffer.from(JSON.stringify(key.jwk))};
  }
  if ('raw' in key) {
    if (!named) throw new MalformedRequestError('The bytes of a key do not tell what it is: say its type.');
    return {type: named, format: 'raw', bytes: Buffer.from(key.raw)};
  }
  const opened = openPrivateKey(key);
  const type = named ?? requireKeyType(typeOfKeyObject(opened));
  return {type, format: 'pkcs8', bytes: opened.export({format: 'der', type: 'pkcs8'})};
}

/** @throws NotSupportedError where there is none of that name */
export function requireKeyType(alg: string | undefined): KeyTypeDescriptor {
  const type = alg === undefined ? undefined : findNamedKeyType(alg);
  if (type) return type;
  throw new NotSupportedError(
    alg === undefined
      ? 'It cannot be told what kind of key this is: say its type.'
      : 'There is no such key type.',
  );
}

function typeOfJwk(value: unknown): string | undefined {
  const jwk = asJwk(value);
  const [kty, crv, alg] = [jwkMember(jwk, 'kty'), jwkMember(jwk, 'crv'), jwkMember(jwk, 'alg')];
  if (kty === 'RSA') {
    const {n, e} = jwk as JsonWebKey;
    return typeOfRsa(open(() => createPublicKey({key: {kty, n: n ?? '', e: e ?? ''}, format: 'jwk'})));
  }
  if (kty !== 'EC' && kty !== 'OKP') return ALGORITHMS.get(alg);
  const name = CURVES.get(crv);
  return typeof alg === 'string' && alg.startsWith('ECDH') ? name?.replace('ecdsa', 'ecdh') : name;
}

function openPrivateKey(key: {readonly pem: string} | {readonly pkcs8: Uint8Array}): KeyObject {
  if ('pkcs8' in key) {
    const der = Buffer.from(key.pkcs8);
    return open(() => createPrivateKey({key: der, format: 'der', type: 'pkcs8'}));
  }
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(key.pem)) {
    throw new NotSupportedError(
      'The PEM file is encrypted: decrypt it first, e.g. with "openssl pkcs8 -in FILE".',
    );
  }
  return open(() => createPrivateKey({key: key.pem, format: 'pem'}));
}

function typeOfKeyObject(key: KeyObject): string | undefined {
  const {asymmetricKeyType, asymmetricKeyDetails} = key;
  if (asymmetricKeyType === 'rsa') return typeOfRsa(key);
  if (asymmetricKeyType === 'ec') return OPENSSL_CURVES.get(asymmetricKeyDetails?.namedCurve);
  // ed25519, x25519, ml-dsa-…, ml-kem-…: as they are called here.
  return asymmetricKeyType;
}

function typeOfRsa({asymmetricKeyDetails}: KeyObject): string {
  return `rsa${asymmetricKeyDetails?.modulusLength ?? 0}`;
}

function open(read: () => KeyObject): KeyObject {
  try {
    return read();
  } catch (cause) {
    // What OpenSSL says of it quotes nothing of the key, but is for the log.
    throw new MalformedRequestError('This is not a private key that can be read.', {cause});
  }
}
