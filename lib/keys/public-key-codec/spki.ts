import {createPublicKey, type KeyObject} from 'node:crypto';
import {MalformedRequestError, NotSupportedError} from '../../errors.ts';
import {KEY_FORMS} from '../key-forms.ts';
import type {KeyTypeDescriptor} from '../key-types.ts';
import {openPublicKey, rawPublicKey} from './public-key-object.ts';

/**
 * Writes a raw public key (see key-types.ts) as DER of a SubjectPublicKeyInfo (RFC 5280 §4.1.2.7); points are not compressed.
 * @throws MalformedRequestError where it is not a public key of that type.
 * @throws NotSupportedError where there is no such form (BBS), or no public key.
 */
export function formatSpki(type: KeyTypeDescriptor, raw: Uint8Array): Buffer {
  return standardKey(type, openPublicKey(type, raw)).export({format: 'der', type: 'spki'});
}

/** The same in PEM (RFC 7468 §13). @throws as `formatSpki` */
export function formatSpkiPem(type: KeyTypeDescriptor, raw: Uint8Array): string {
  const pem = standardKey(type, openPublicKey(type, raw)).export({format: 'pem', type: 'spki'});
  return pem.toString();
}

/**
 * Reads a SubjectPublicKeyInfo, DER, as `formatSpki` writes it: nothing else, and nothing after it.
 * @returns the raw key in the type's encoding.
 * @throws MalformedRequestError where it is not a public key of that type. @throws NotSupportedError as `formatSpki`
 */
export function parseSpki(type: KeyTypeDescriptor, der: Uint8Array): Buffer {
  const key = Buffer.from(der.buffer, der.byteOffset, der.byteLength);
  assertHasSpki(type);
  const raw = rawPublicKey(type, open(type, {key, format: 'der', type: 'spki'}));
  if (!formatSpki(type, raw).equals(key)) throw notOfType(type);
  return raw;
}

function open(type: KeyTypeDescriptor, spki: {key: Buffer; format: 'der'; type: 'spki'}): KeyObject {
  try {
    return createPublicKey(spki);
  } catch (cause) {
    throw notOfType(type, cause);
  }
}

function assertHasSpki({algorithm, name}: KeyTypeDescriptor): void {
  const {kty} = KEY_FORMS[algorithm];
  if (kty === 'BBS' || kty === 'oct') {
    throw new NotSupportedError(`Keys of type ${name} have no SubjectPublicKeyInfo.`);
  }
}

/** OpenSSL writes a point as it was read. */
function standardKey(type: KeyTypeDescriptor, key: KeyObject): KeyObject {
  const form = KEY_FORMS[type.algorithm];
  if (form.kty !== 'EC') return key;
  const point = key.export({format: 'raw-public'});
  return createPublicKey({
    key: point,
    format: 'raw-public',
    asymmetricKeyType: 'ec',
    namedCurve: form.crv,
  });
}

function notOfType({name}: KeyTypeDescriptor, cause?: unknown): MalformedRequestError {
  return new MalformedRequestError(`This is not a public key of type ${name}, as SubjectPublicKeyInfo.`, {
    cause,
  });
}
