import {webkmsContext} from '../common.ts';
import type {Schema} from '../json-schema.ts';
import {importToken, rsaPublicKey} from './key-material-members.ts';

export const getImportParametersOperation = {
  title: 'GetImportParametersOperation',
  type: 'object',
  description:
    "Asks for a one-time RSA key that a key to be imported is wrapped with. Posted to the keystore's keys; its action is `importKey`.",
  required: ['type', 'invocationTarget'],
  additionalProperties: false,
  properties: {
    '@context': webkmsContext,
    type: {const: 'GetImportParametersOperation'},
    invocationTarget: {
      type: 'object',
      required: ['type'],
      additionalProperties: false,
      properties: {type: {const: 'ImportParameters'}},
    },
  },
} as const satisfies Schema;

export const getImportParametersReply = {
  title: 'Import parameters',
  type: 'object',
  required: ['publicKey', 'importToken', 'expires'],
  additionalProperties: false,
  properties: {
    publicKey: rsaPublicKey,
    importToken: {...importToken, description: 'Goes with the key that is imported, once.'},
    expires: {type: 'string', description: 'Until when the token is good: XML Schema date-time, UTC.'},
  },
} as const satisfies Schema;
