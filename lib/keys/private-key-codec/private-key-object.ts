import {createPrivateKey, createPublicKey, type KeyObject} from 'node:crypto';
import {MalformedRequestError} from '../../errors.ts';
import type {KeyForm} from '../key-forms.ts';
import type {KeyTypeDescriptor} from '../key-types.ts';
import {openPublicKey, rawPublicKey} from '../public-key-codec/public-key-object.ts';

export type PrivateKeyForm = Exclude<KeyForm, {kty: 'oct' | 'BBS'}>;

/**
 * Opens a secret, in the `secretForm` of its type, for `node:crypto`.
 * @throws MalformedRequestError where it is none. Whether a scalar is in the range of its curve is for the key module to check.
 */
export function openPrivateKey(type: KeyTypeDescriptor, form: PrivateKeyForm, secret: Uint8Array): KeyObject {
  const key = Buffer.from(secret.buffer, secret.byteOffset, secret.byteLength);
  try {
    switch (form.kty) {
      case 'OKP':
        return createPrivateKey({key, format: 'raw-private', asymmetricKeyType: form.nodeType});
      case 'AKP':
        return createPrivateKey({key, format: 'raw-seed', asymmetricKeyType: form.nodeType});
      case 'EC':
        return createPrivateKey({
          key,
          format: 'raw-private',
          asymmetricKeyType: 'ec',
          namedCurve: form.crv,
        });
      case 'RSA':
        return createPrivateKey({key, format: 'der', type: 'pkcs1'});
    }
  } catch (cause) {
    throw notOfType(type, cause);
  }
}

/** The raw public key of a secret, in the encoding of its type. @throws MalformedRequestError where it is none. */
export function derivePublicKey(type: KeyTypeDescriptor, form: PrivateKeyForm, secret: Uint8Array): Buffer {
  const privateKey = openPrivateKey(type, form, secret);
  try {
    return rawPublicKey(type, createPublicKey(privateKey));
  } catch (cause) {
    throw notOfType(type, cause);
  }
}

/**
 * @param publicKey raw in the encoding of its type; of EC also a point that is not compressed
 * @throws MalformedRequestError where it is not that of the secret.
 */
export function assertPublicKeyOf(
  type: KeyTypeDescriptor,
  form: PrivateKeyForm,
  {secret, publicKey}: {readonly secret: Uint8Array; readonly publicKey: Uint8Array},
): void {
  const raw = derivePublicKey(type, form, secret);
  const isUncompressed = form.kty === 'EC' && publicKey.length > raw.length;
  const expected = isUncompressed ? openPublicKey(type, raw).export({format: 'raw-public'}) : raw;
  if (!expected.equals(publicKey)) {
    throw new MalformedRequestError('The public part of the key does not belong to its private part.');
  }
}

function notOfType({name}: KeyTypeDescriptor, cause: unknown): MalformedRequestError {
  return new MalformedRequestError(`This is not the secret of a key of type ${name}.`, {cause});
}
