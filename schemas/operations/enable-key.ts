import {keyUrl, webkmsContext} from '../common.ts';
import type {Schema} from '../json-schema.ts';
import {keyVersion} from '../key-metadata.ts';

export const enableKeyOperation = {
  title: 'EnableKeyOperation',
  type: 'object',
  description: 'Lets a disabled key, or version, be used again.',
  required: ['type', 'invocationTarget'],
  additionalProperties: false,
  properties: {
    '@context': webkmsContext,
    type: {const: 'EnableKeyOperation'},
    invocationTarget: keyUrl,
    keyVersion: {...keyVersion, description: 'The version that is enabled alone; absent: the key.'},
  },
} as const satisfies Schema;
