import {keyUrl, webkmsContext} from '../common.ts';
import type {Schema} from '../json-schema.ts';
import {signatureValue, verifyData} from './signature-members.ts';

export const signOperation = {
  title: 'SignOperation',
  type: 'object',
  required: ['type', 'invocationTarget', 'verifyData'],
  additionalProperties: false,
  properties: {
    '@context': webkmsContext,
    type: {const: 'SignOperation'},
    invocationTarget: keyUrl,
    verifyData,
  },
} as const satisfies Schema;

export const signReply = {
  title: 'Signature',
  type: 'object',
  required: ['signatureValue'],
  additionalProperties: false,
  properties: {signatureValue},
} as const satisfies Schema;
