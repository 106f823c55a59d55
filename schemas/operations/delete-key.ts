import {keyUrl, webkmsContext} from '../common.ts';
import type {Schema} from '../json-schema.ts';
import {keyVersion} from '../key-metadata.ts';

/** A hundred years. */
const MAX_RECOVERY_WINDOW_SECONDS = 3_155_760_000;

export const deleteKeyOperation = {
  title: 'DeleteKeyOperation',
  type: 'object',
  required: ['type', 'invocationTarget'],
  additionalProperties: false,
  properties: {
    '@context': webkmsContext,
    type: {const: 'DeleteKeyOperation'},
    invocationTarget: keyUrl,
    recoveryWindowSeconds: {
      type: 'integer',
      description: 'How long the key can be restored; absent: what the server is set to.',
      minimum: 1,
      maximum: MAX_RECOVERY_WINDOW_SECONDS,
    },
    keyVersion: {
      ...keyVersion,
      description: 'The version that is destroyed alone, now and for good; absent: the key.',
    },
  },
  if: {required: ['keyVersion']},
  then: {properties: {recoveryWindowSeconds: {not: {}}}},
} as const satisfies Schema;
