import {keyUrl, webkmsContext} from '../common.ts';
import type {Schema} from '../json-schema.ts';
import {unwrappedKey, wrappedKey} from './wrapped-key-members.ts';

export const unwrapKeyOperation = {
  title: 'UnwrapKeyOperation',
  type: 'object',
  description: 'Unwraps a key (RFC 3394). Versions are tried, newest first.',
  required: ['type', 'invocationTarget', 'wrappedKey'],
  additionalProperties: false,
  properties: {
    '@context': webkmsContext,
    type: {const: 'UnwrapKeyOperation'},
    invocationTarget: keyUrl,
    wrappedKey,
  },
} as const satisfies Schema;

export const unwrapKeyReply = {
  title: 'Unwrapped key',
  type: 'object',
  required: ['unwrappedKey'],
  additionalProperties: false,
  properties: {
    unwrappedKey: {
      ...unwrappedKey,
      type: ['string', 'null'],
      description: 'The key, or null where the wrapped key does not open.',
    },
  },
} as const satisfies Schema;
