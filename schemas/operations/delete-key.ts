import {keyUrl, webkmsContext} from '../common.ts';
import type {Schema} from '../json-schema.ts';
import {keyVersion} from '../key-metadata.ts';
import {recoveryWindowSeconds} from '../key-policy.ts';

export const deleteKeyOperation = {
  title: 'DeleteKeyOperation',
  type: 'object',
  description:
    'Deletes the key, which can be restored for a while; or destroys an older version at once and for good.',
  required: ['type', 'invocationTarget'],
  additionalProperties: false,
  properties: {
    '@context': webkmsContext,
    type: {const: 'DeleteKeyOperation'},
    invocationTarget: keyUrl,
    recoveryWindowSeconds,
    keyVersion: {
      ...keyVersion,
      description: 'The version that is destroyed alone, now and for good; absent: the key.',
    },
  },
  if: {required: ['keyVersion']},
  then: {properties: {recoveryWindowSeconds: {not: {}}}},
} as const satisfies Schema;
