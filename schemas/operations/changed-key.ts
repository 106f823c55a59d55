import {url} from '../common.ts';
import type {Schema} from '../json-schema.ts';
import {keyDescription} from '../keys.ts';

/** The reply to every change: the key as it is then, with its metadata. */
export const changedKeyReply = {
  title: 'Changed key',
  type: 'object',
  required: ['keyId', 'keyDescription'],
  additionalProperties: false,
  properties: {keyId: url, keyDescription},
} as const satisfies Schema;
