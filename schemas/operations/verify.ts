import {keyUrl, webkmsContext} from '../common.ts';
import type {Schema} from '../json-schema.ts';
import {signatureValue, verifyData} from './signature-members.ts';

export const verifyOperation = {
  title: 'VerifyOperation',
  type: 'object',
  required: ['type', 'invocationTarget', 'verifyData', 'signatureValue'],
  additionalProperties: false,
  properties: {
    '@context': webkmsContext,
    type: {const: 'VerifyOperation'},
    invocationTarget: keyUrl,
    verifyData,
    signatureValue,
  },
} as const satisfies Schema;

export const verifyReply = {
  title: 'Verification',
  type: 'object',
  required: ['verified'],
  additionalProperties: false,
  properties: {verified: {type: 'boolean'}},
} as const satisfies Schema;
