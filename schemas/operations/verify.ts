import {keyUrl, webkmsContext} from '../common.ts';
import type {Schema} from '../json-schema.ts';
import {keyVersion} from '../key-metadata.ts';
import {dataOrDigest, signatureValue, signedMembers} from './signature-members.ts';

export const verifyOperation = {
  title: 'VerifyOperation',
  type: 'object',
  description: "Says whether a signature, or MAC, is one of the key's.",
  required: ['type', 'invocationTarget', 'signatureValue'],
  additionalProperties: false,
  properties: {
    '@context': webkmsContext,
    type: {const: 'VerifyOperation'},
    invocationTarget: keyUrl,
    ...signedMembers,
    signatureValue,
    keyVersion: {
      ...keyVersion,
      description: 'The version that signed; absent: versions are tried, newest first.',
    },
  },
  ...dataOrDigest,
} as const satisfies Schema;

export const verifyReply = {
  title: 'Verification',
  type: 'object',
  required: ['verified'],
  additionalProperties: false,
  properties: {
    verified: {type: 'boolean'},
    keyVersion: {
      ...keyVersion,
      description: 'Which version verified it; once the key has had more than one.',
    },
  },
} as const satisfies Schema;
