import {base64url, keyUrl, webkmsContext} from '../common.ts';
import type {Schema} from '../json-schema.ts';
import {ciphertext} from './encryption-members.ts';

export const encapsulateOperation = {
  title: 'EncapsulateOperation',
  type: 'object',
  description: 'Makes a secret, and its encapsulation for the newest version (FIPS 203).',
  required: ['type', 'invocationTarget'],
  additionalProperties: false,
  properties: {
    '@context': webkmsContext,
    type: {const: 'EncapsulateOperation'},
    invocationTarget: keyUrl,
  },
} as const satisfies Schema;

/** FIPS 203. */
export const sharedSecret = base64url(32, 'The shared secret.');

export const encapsulateReply = {
  title: 'Encapsulated secret',
  type: 'object',
  required: ['secret', 'ciphertext'],
  additionalProperties: false,
  properties: {secret: sharedSecret, ciphertext},
} as const satisfies Schema;
