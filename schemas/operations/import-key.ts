import type {Schema} from '../json-schema.ts';
import {generateKeyReply} from './generate-key.ts';
import {
  encryptedWrappingKey,
  importToken,
  jwk,
  keyData,
  keyFormat,
  transportedKey,
} from './key-material-members.ts';
import {newKeyContext, newKeyTarget} from './new-key-target.ts';

export const importKeyOperation = {
  title: 'ImportKeyOperation',
  type: 'object',
  description: "Takes a key that exists, in clear or wrapped. Posted to the keystore's keys.",
  required: ['type', 'invocationTarget', 'keyMaterial'],
  additionalProperties: false,
  properties: {
    '@context': newKeyContext,
    type: {const: 'ImportKeyOperation'},
    invocationTarget: newKeyTarget,
    keyMaterial: {
      type: 'object',
      description:
        'One of: `jwk`; `data`; or `importToken`, `wrappedKey` and `encryptedWrappingKey`, with which nobody on the way sees the key.',
      required: ['format'],
      additionalProperties: false,
      properties: {
        format: keyFormat,
        jwk,
        data: keyData,
        importToken,
        wrappedKey: transportedKey,
        encryptedWrappingKey,
      },
    },
  },
} as const satisfies Schema;

export const importKeyReply = {...generateKeyReply, title: 'Imported key'} as const satisfies Schema;
