import {keyUrl, webkmsContext} from '../common.ts';
import type {Schema} from '../json-schema.ts';
import {unwrappedKey, wrappedKey} from './wrapped-key-members.ts';

export const wrapKeyOperation = {
  title: 'WrapKeyOperation',
  type: 'object',
  description: 'Wraps a key with the newest version (RFC 3394).',
  required: ['type', 'invocationTarget', 'unwrappedKey'],
  additionalProperties: false,
  properties: {
    '@context': webkmsContext,
    type: {const: 'WrapKeyOperation'},
    invocationTarget: keyUrl,
    unwrappedKey,
  },
} as const satisfies Schema;

export const wrapKeyReply = {
  title: 'Wrapped key',
  type: 'object',
  required: ['wrappedKey'],
  additionalProperties: false,
  properties: {wrappedKey},
} as const satisfies Schema;
