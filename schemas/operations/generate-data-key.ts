import {base64url, keyUrl, webkmsContext} from '../common.ts';
import type {Schema} from '../json-schema.ts';
import {additionalData, ciphertext} from './encryption-members.ts';

const MAX_DATA_KEY_BYTES = 1024;

export const generateDataKeyOperation = {
  title: 'GenerateDataKeyOperation',
  type: 'object',
  description:
    'Makes random bytes for a client to encrypt with, and encrypts them with the newest version; `DecryptOperation` opens them.',
  required: ['type', 'invocationTarget'],
  additionalProperties: false,
  properties: {
    '@context': webkmsContext,
    type: {const: 'GenerateDataKeyOperation'},
    invocationTarget: keyUrl,
    numberOfBytes: {
      type: 'integer',
      description: 'How long the data key is to be; absent: 32.',
      minimum: 16,
      maximum: MAX_DATA_KEY_BYTES,
    },
    additionalData,
    withoutPlaintext: {
      type: 'boolean',
      description: 'Whether the reply leaves the data key out, and has it encrypted only.',
    },
  },
} as const satisfies Schema;

export const generateDataKeyReply = {
  title: 'Data key',
  type: 'object',
  required: ['ciphertext'],
  additionalProperties: false,
  properties: {ciphertext, plaintext: base64url(MAX_DATA_KEY_BYTES, 'The data key.')},
} as const satisfies Schema;
