import {createPublicKey, type KeyObject} from 'node:crypto';
import {KEY_FORMS} from '../key-forms.ts';
import type {KeyTypeDescriptor} from '../key-types.ts';
import {openPublicKey} from './public-key-object.ts';

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
