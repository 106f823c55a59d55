import {base64url, keyUrl, webkmsContext} from '../common.ts';
import type {Schema} from '../json-schema.ts';
import {keyVersion} from '../key-metadata.ts';

export const deriveSecretOperation = {
  title: 'DeriveSecretOperation',
  type: 'object',
  description: 'Agrees on a secret with the holder of another public key (X25519, ECDH).',
  required: ['type', 'invocationTarget', 'publicKey'],
  additionalProperties: false,
  properties: {
    '@context': webkmsContext,
    type: {const: 'DeriveSecretOperation'},
    invocationTarget: keyUrl,
    publicKey: {
      type: 'object',
      description:
        "The peer's public key, of this key's type and curve. Clients send it as they have it: members besides these are not read.",
      required: ['type', 'publicKeyMultibase'],
      maxProperties: 16,
      properties: {
        type: {type: 'string', minLength: 1, maxLength: 256},
        publicKeyMultibase: {type: 'string', minLength: 1, maxLength: 256},
      },
    },
    keyVersion: {...keyVersion, description: 'The version that derives; absent: the newest.'},
  },
} as const satisfies Schema;

export const deriveSecretReply = {
  title: 'Shared secret',
  type: 'object',
  required: ['secret'],
  additionalProperties: false,
  properties: {
    secret: base64url(
      66,
      'The shared secret (RFC 7748; x coordinate), which a key derivation function should take.',
    ),
  },
} as const satisfies Schema;
