import {keyUrl, webkmsContext} from '../common.ts';
import type {Schema} from '../json-schema.ts';
import {keyVersion} from '../key-metadata.ts';

export const disableKeyOperation = {
  title: 'DisableKeyOperation',
  type: 'object',
  description: 'Lets nothing be done with the key, or with an older version of it, until it is enabled.',
  required: ['type', 'invocationTarget'],
  additionalProperties: false,
  properties: {
    '@context': webkmsContext,
    type: {const: 'DisableKeyOperation'},
    invocationTarget: keyUrl,
    keyVersion: {...keyVersion, description: 'The version that is disabled alone; absent: the key.'},
  },
} as const satisfies Schema;
