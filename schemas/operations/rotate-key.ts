import {keyUrl, webkmsContext} from '../common.ts';
import type {Schema} from '../json-schema.ts';
import {keyDescription} from '../keys.ts';
import {keyVersion} from '../key-metadata.ts';

export const rotateKeyOperation = {
  title: 'RotateKeyOperation',
  type: 'object',
  description: 'Makes a new version, which is the newest from now on. Older ones go on processing.',
  required: ['type', 'invocationTarget'],
  additionalProperties: false,
  properties: {
    '@context': webkmsContext,
    type: {const: 'RotateKeyOperation'},
    invocationTarget: keyUrl,
  },
} as const satisfies Schema;

export const rotateKeyReply = {
  title: 'Rotated key',
  type: 'object',
  required: ['keyDescription', 'keyVersion'],
  additionalProperties: false,
  properties: {keyDescription, keyVersion: {...keyVersion, description: 'The new version.'}},
} as const satisfies Schema;
