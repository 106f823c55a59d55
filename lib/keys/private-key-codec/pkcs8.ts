import {MalformedRequestError, NotSupportedError} from '../../errors.ts';
import {KEY_FORMS} from '../key-forms.ts';
import type {KeyTypeDescriptor} from '../key-types.ts';
import {assertAlgorithmIdentifier} from './algorithm-identifier.ts';
import {DER, DerReader} from './der-reader.ts';
import {assertPublicKeyOf, openPrivateKey, type PrivateKeyForm} from './private-key-object.ts';
import {readPkcs8Secret} from './pkcs8-secret.ts';

/** PrivateKeyInfo (RFC 5208), and OneAsymmetricKey, which may have the public key (RFC 5958 §2). */
const [VERSION_1, VERSION_2] = [0, 1];

/**
 * Reads PKCS#8, DER: attributes are not looked at; where it has the public key, it must be the right one.
 * @returns the secret in the `secretForm` of its type; the caller zeroes it. What only arithmetic tells, its key module checks.
 * @throws MalformedRequestError where it is not a private key of that type, is encrypted, or has anything after it.
 * @throws NotSupportedError where there is no such form.
 */
export function parsePkcs8(type: KeyTypeDescriptor, der: Uint8Array): Buffer {
  const form = requireForm(type);
  const outer = new DerReader(der);
  const info = outer.readSequence();
  outer.end();
  const version = readVersion(info);
  assertAlgorithmIdentifier(form, info.read(DER.sequence));
  const {secret, publicKey} = readPkcs8Secret(type, form, info.read(DER.octetString));
  try {
    info.readOptional(DER.constructed0);
    const publicKeys = publicKey ? [publicKey] : [];
    if (version === VERSION_2) publicKeys.push(info.readBitString(DER.primitive1));
    info.end();
    for (const key of publicKeys) assertPublicKeyOf(type, form, {secret, publicKey: key});
    return secret;
  } catch (error) {
    secret.fill(0);
    throw error;
  }
}

/** Writes a secret, in the `secretForm` of its type, as PKCS#8, DER; the caller zeroes it. @throws as `parsePkcs8` */
export function formatPkcs8(type: KeyTypeDescriptor, secret: Uint8Array): Buffer {
  return openPrivateKey(type, requireForm(type), secret).export({format: 'der', type: 'pkcs8'});
}

function requireForm({algorithm, name}: KeyTypeDescriptor): PrivateKeyForm {
  const form = KEY_FORMS[algorithm];
  if (form.kty !== 'oct' && form.kty !== 'BBS') return form;
  throw new NotSupportedError(`Keys of type ${name} have no PKCS#8.`);
}

function readVersion(info: DerReader): number {
  // An EncryptedPrivateKeyInfo (RFC 5958 §3) begins with the algorithm.
  if (info.nextTag === DER.sequence) {
    throw new MalformedRequestError('The PKCS#8 is encrypted: decrypt it first, or import it wrapped.');
  }
  const [version = -1, ...rest] = info.readInteger();
  if ((version !== VERSION_1 && version !== VERSION_2) || rest.length > 0) {
    throw new MalformedRequestError('The PKCS#8 is of an unknown version.');
  }
  return version;
}
