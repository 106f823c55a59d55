import {url, WEBKMS_CONTEXT} from '../common.ts';
import type {Schema} from '../json-schema.ts';
import {keyDescription} from '../keys.ts';

export const generateKeyOperation = {
  title: 'GenerateKeyOperation',
  type: 'object',
  required: ['type', 'invocationTarget'],
  additionalProperties: false,
  properties: {
    '@context': {
      type: 'array',
      description: "WebKMS's context and that of the key's suite.",
      prefixItems: [{const: WEBKMS_CONTEXT}, {type: 'string', maxLength: 1024}],
      items: {type: 'string'},
      minItems: 2,
      maxItems: 2,
    },
    type: {const: 'GenerateKeyOperation'},
    invocationTarget: {
      type: 'object',
      required: ['type'],
      additionalProperties: false,
      properties: {
        type: {type: 'string', description: "The key's type.", minLength: 1, maxLength: 256},
        maxCapabilityChainLength: {
          type: 'integer',
          description:
            "The longest chain of capabilities that may use the key; 1: the keystore's controllers only.",
          minimum: 1,
          maximum: 10,
        },
        publicAlias: {
          type: 'string',
          description: "The `id` that the key's description is to have, e.g. a DID URL.",
          minLength: 1,
          maxLength: 8192,
        },
        publicAliasTemplate: {
          type: 'string',
          description: 'The same as a template (RFC 6570), expanded over the description.',
          minLength: 1,
          maxLength: 2048,
        },
      },
    },
  },
} as const satisfies Schema;

export const generateKeyReply = {
  title: 'Generated key',
  type: 'object',
  required: ['keyId', 'keyDescription'],
  additionalProperties: false,
  properties: {keyId: url, keyDescription},
} as const satisfies Schema;
