import {createPublicKey, type KeyObject} from 'node:crypto';
import {MalformedRequestError, NotSupportedError} from '../../errors.ts';
import {KEY_FORMS, type KeyForm} from '../key-forms.ts';
import type {KeyTypeDescriptor} from '../key-types.ts';
import {compressPoint} from './ec-point.ts';

const PUBLIC_EXPONENT = 65_537n;

/**
 * Opens a raw public key (in the encoding of its type, see key-types.ts) for `node:crypto`.
 * @throws MalformedRequestError where it is not a public key of that type, in its one encoding.
 * @throws NotSupportedError where `node:crypto` has no such keys (BBS), or they have no public key.
 */
export function openPublicKey(type: KeyTypeDescriptor, raw: Uint8Array): KeyObject {
  const form = KEY_FORMS[type.algorithm];
  if (raw.length !== type.publicKey?.length) {
    throw type.publicKey ? notOfType(type) : new NotSupportedError('Keys of this type have no public key.');
  }
  const key = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  const opened = open(form, key, type);
  // One key, one encoding: of RSA, DER can have more.
  if (!rawPublicKey(type, opened).equals(key)) throw notOfType(type);
  return opened;
}

/**
 * The raw public key of a key that `node:crypto` has opened, also where it came out of a certificate.
 * @throws MalformedRequestError where it is not one of `type`. @throws NotSupportedError as `openPublicKey`.
 */
export function rawPublicKey(type: KeyTypeDescriptor, key: KeyObject): Buffer {
  const form = KEY_FORMS[type.algorithm];
  if (key.type !== 'public' || !isOfForm(form, key)) throw notOfType(type);
  // The end of a SubjectPublicKeyInfo: of keys that were read as PKCS#1, OpenSSL gives that, but not PKCS#1.
  if (form.kty === 'RSA')
    return key.export({format: 'der', type: 'spki'}).subarray(-(type.publicKey?.length ?? 0));
  const raw = key.export({format: 'raw-public'});
  return form.kty === 'EC' ? compressPoint(raw) : raw;
}

function open(form: KeyForm, key: Buffer, type: KeyTypeDescriptor): KeyObject {
  if (form.kty === 'BBS' || form.kty === 'oct') {
    throw new NotSupportedError(`Keys of type ${type.name} are known to their key module alone.`);
  }
  try {
    if (form.kty === 'RSA') return createPublicKey({key, format: 'der', type: 'pkcs1'});
    const encoding =
      form.kty === 'EC'
        ? {asymmetricKeyType: 'ec' as const, namedCurve: form.crv}
        : {asymmetricKeyType: form.nodeType};
    return createPublicKey({key, format: 'raw-public', ...encoding});
  } catch (cause) {
    throw notOfType(type, cause);
  }
}

function isOfForm(form: KeyForm, {asymmetricKeyType, asymmetricKeyDetails}: KeyObject): boolean {
  switch (form.kty) {
    case 'OKP':
    case 'AKP':
      return asymmetricKeyType === form.nodeType;
    case 'EC':
      return asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === openSslCurve(form.crv);
    case 'RSA':
      return (
        asymmetricKeyType === 'rsa' &&
        asymmetricKeyDetails?.modulusLength === form.modulusBits &&
        asymmetricKeyDetails.publicExponent === PUBLIC_EXPONENT
      );
    case 'oct':
    case 'BBS':
      return false;
  }
}

/** OpenSSL calls the NIST curves otherwise. */
function openSslCurve(crv: string): string {
  return OPENSSL_CURVES.get(crv) ?? crv;
}

const OPENSSL_CURVES: ReadonlyMap<string, string> = new Map([
  ['P-256', 'prime256v1'],
  ['P-384', 'secp384r1'],
  ['P-521', 'secp521r1'],
]);

function notOfType({name}: KeyTypeDescriptor, cause?: unknown): MalformedRequestError {
  return new MalformedRequestError(`This is not a public key of type ${name}.`, {cause});
}
