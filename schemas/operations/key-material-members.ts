import {base64url} from '../common.ts';
import type {Schema} from '../json-schema.ts';

/** Longer than any key is, in any format; a JWK may come with certificates. */
const MAX_KEY_BYTES = 16_384;

export const keyFormat = {
  enum: ['jwk', 'pkcs8', 'raw'],
  description:
    'How the key is written: JSON Web Key (RFC 7517 and those after it), PKCS#8 (RFC 5958), or the bytes of a symmetric key.',
} as const satisfies Schema;

export const keyData = base64url(MAX_KEY_BYTES, 'The key as `pkcs8` (DER) or `raw`.');

export const jwk = {
  type: 'object',
  description: 'The key as JSON Web Key, with its private members.',
  maxProperties: 64,
} as const satisfies Schema;

/** AES-KWP fills up to eight bytes and adds eight. */
export const transportedKey = base64url(
  MAX_KEY_BYTES + 8,
  "The key's bytes (a JWK as UTF-8 JSON) under AES-KWP (RFC 5649) with a 256 bit key.",
);

/** As long as the largest modulus. */
export const encryptedWrappingKey = base64url(
  1024,
  'The 256 bit key that wraps, under RSA-OAEP with SHA-256 (RFC 8017), MGF1 the same, no label.',
);

/** RSA of up to 8192 bits. */
export const rsaPublicKey = base64url(1100, 'DER of a SubjectPublicKeyInfo of an RSA key.');

export const importToken = {
  type: 'string',
  description: 'Opaque; given by the reply to `GetImportParametersOperation`.',
  pattern: '^[A-Za-z0-9_-]+$',
  maxLength: 4096,
} as const satisfies Schema;
