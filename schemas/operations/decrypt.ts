import {keyUrl, webkmsContext} from '../common.ts';
import type {Schema} from '../json-schema.ts';
import {additionalData, ciphertext, encryptionAlgorithm, plaintext} from './encryption-members.ts';

export const decryptOperation = {
  title: 'DecryptOperation',
  type: 'object',
  description: 'Decrypts with the version that the ciphertext names.',
  required: ['type', 'invocationTarget', 'ciphertext'],
  additionalProperties: false,
  properties: {
    '@context': webkmsContext,
    type: {const: 'DecryptOperation'},
    invocationTarget: keyUrl,
    ciphertext,
    additionalData,
    algorithm: encryptionAlgorithm,
  },
} as const satisfies Schema;

export const decryptReply = {
  title: 'Plaintext',
  type: 'object',
  required: ['plaintext'],
  additionalProperties: false,
  properties: {plaintext},
} as const satisfies Schema;
