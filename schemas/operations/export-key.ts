import {keyUrl, webkmsContext} from '../common.ts';
import type {Schema} from '../json-schema.ts';
import {
  encryptedWrappingKey,
  jwk,
  keyData,
  keyFormat,
  rsaPublicKey,
  transportedKey,
} from './key-material-members.ts';
import {keyVersion} from '../key-metadata.ts';

export const exportKeyOperation = {
  title: 'ExportKeyOperation',
  type: 'object',
  description:
    'Gives the private or secret key, where the policy says `exportable`: wrapped for a recipient, or in clear.',
  required: ['type', 'invocationTarget'],
  additionalProperties: false,
  properties: {
    '@context': webkmsContext,
    type: {const: 'ExportKeyOperation'},
    invocationTarget: keyUrl,
    format: {...keyFormat, description: `${keyFormat.description} Absent: the first that the key has.`},
    keyVersion: {...keyVersion, description: 'The version; absent: the newest.'},
    recipient: {
      type: 'object',
      description: 'Who is to read it: an RSA key of 2048 to 8192 bits, with the exponent 65,537.',
      required: ['publicKey'],
      additionalProperties: false,
      properties: {publicKey: rsaPublicKey},
    },
    plaintext: {const: true, description: 'In place of `recipient`: the reply has the key in clear.'},
  },
} as const satisfies Schema;

export const exportKeyReply = {
  title: 'Exported key',
  type: 'object',
  description: 'Either wrapped, as it is imported, or in clear.',
  required: ['format', 'keyVersion'],
  additionalProperties: false,
  properties: {
    format: keyFormat,
    keyVersion,
    wrappedKey: transportedKey,
    encryptedWrappingKey,
    jwk,
    data: keyData,
  },
} as const satisfies Schema;
