import {keyUrl, webkmsContext} from '../common.ts';
import type {Schema} from '../json-schema.ts';
import {sharedSecret} from './encapsulate.ts';
import {ciphertext} from './encryption-members.ts';

export const decapsulateOperation = {
  title: 'DecapsulateOperation',
  type: 'object',
  description: 'Gives the secret that was encapsulated for a version (FIPS 203).',
  required: ['type', 'invocationTarget', 'ciphertext'],
  additionalProperties: false,
  properties: {
    '@context': webkmsContext,
    type: {const: 'DecapsulateOperation'},
    invocationTarget: keyUrl,
    ciphertext,
  },
} as const satisfies Schema;

export const decapsulateReply = {
  title: 'Decapsulated secret',
  type: 'object',
  required: ['secret'],
  additionalProperties: false,
  properties: {secret: sharedSecret},
} as const satisfies Schema;
