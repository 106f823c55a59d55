import {keyUrl, webkmsContext} from '../common.ts';
import type {Schema} from '../json-schema.ts';

export const restoreKeyOperation = {
  title: 'RestoreKeyOperation',
  type: 'object',
  description: 'Takes the deletion of a key back.',
  required: ['type', 'invocationTarget'],
  additionalProperties: false,
  properties: {
    '@context': webkmsContext,
    type: {const: 'RestoreKeyOperation'},
    invocationTarget: keyUrl,
  },
} as const satisfies Schema;
