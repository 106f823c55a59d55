import {keyUrl, webkmsContext} from '../common.ts';
import type {Schema} from '../json-schema.ts';
import {additionalData, ciphertext, encryptionAlgorithm, plaintext} from './encryption-members.ts';

export const encryptOperation = {
  title: 'EncryptOperation',
  type: 'object',
  description: 'Encrypts up to 64 KiB with the newest version. For more use `GenerateDataKeyOperation`.',
  required: ['type', 'invocationTarget', 'plaintext'],
  additionalProperties: false,
  properties: {
    '@context': webkmsContext,
    type: {const: 'EncryptOperation'},
    invocationTarget: keyUrl,
    plaintext,
    additionalData,
    algorithm: encryptionAlgorithm,
  },
} as const satisfies Schema;

export const encryptReply = {
  title: 'Ciphertext',
  type: 'object',
  required: ['ciphertext'],
  additionalProperties: false,
  properties: {ciphertext},
} as const satisfies Schema;
