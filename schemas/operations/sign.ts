import {keyUrl, webkmsContext} from '../common.ts';
import type {Schema} from '../json-schema.ts';
import {keyVersion} from '../key-metadata.ts';
import {dataOrDigest, signatureValue, signedMembers} from './signature-members.ts';

export const signOperation = {
  title: 'SignOperation',
  type: 'object',
  description: 'Signs data, or its digest, with the newest version.',
  required: ['type', 'invocationTarget'],
  additionalProperties: false,
  properties: {
    '@context': webkmsContext,
    type: {const: 'SignOperation'},
    invocationTarget: keyUrl,
    ...signedMembers,
  },
  ...dataOrDigest,
} as const satisfies Schema;

export const signReply = {
  title: 'Signature',
  type: 'object',
  required: ['signatureValue'],
  additionalProperties: false,
  properties: {
    signatureValue,
    keyVersion: {...keyVersion, description: 'Which version signed; once the key has had more than one.'},
  },
} as const satisfies Schema;
