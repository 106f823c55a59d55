import {keyUrl, webkmsContext} from '../common.ts';
import type {Schema} from '../json-schema.ts';

export const restoreKeyOperation = {
  title: 'RestoreKeyOperation',
  type: 'object',
  required: ['type', 'invocationTarget'],
  additionalProperties: false,
  properties: {
    '@context': webkmsContext,
    type: {const: 'RestoreKeyOperation'},
    invocationTarget: keyUrl,
  },
} as const satisfies Schema;
