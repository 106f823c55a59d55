import {url} from '../common.ts';
import type {Schema} from '../json-schema.ts';
import {keyDescription} from '../keys.ts';
import {newKeyContext, newKeyTarget} from './new-key-target.ts';

export const generateKeyOperation = {
  title: 'GenerateKeyOperation',
  type: 'object',
  description: "Makes a key. Posted to the keystore's keys.",
  required: ['type', 'invocationTarget'],
  additionalProperties: false,
  properties: {
    '@context': newKeyContext,
    type: {const: 'GenerateKeyOperation'},
    invocationTarget: newKeyTarget,
  },
} as const satisfies Schema;

export const generateKeyReply = {
  title: 'Generated key',
  type: 'object',
  required: ['keyId', 'keyDescription'],
  additionalProperties: false,
  properties: {keyId: url, keyDescription},
} as const satisfies Schema;
