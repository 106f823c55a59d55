import {keyUrl, webkmsContext} from '../common.ts';
import type {Schema} from '../json-schema.ts';
import {encryptReply} from './encrypt.ts';
import {additionalData, ciphertext} from './encryption-members.ts';

export const rewrapOperation = {
  title: 'RewrapOperation',
  type: 'object',
  description:
    'Encrypts anew, with the newest version, what was encrypted with an older one. The plaintext never leaves.',
  required: ['type', 'invocationTarget', 'ciphertext'],
  additionalProperties: false,
  properties: {
    '@context': webkmsContext,
    type: {const: 'RewrapOperation'},
    invocationTarget: keyUrl,
    ciphertext,
    additionalData,
  },
} as const satisfies Schema;

/** The same plaintext, under the newest version. */
export const rewrapReply = encryptReply;
