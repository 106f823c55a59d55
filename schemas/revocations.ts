import {cursor} from './common.ts';
import type {Schema} from './json-schema.ts';

const text = {type: 'string', minLength: 1} as const satisfies Schema;
const texts = {
  type: ['string', 'array'],
  minLength: 1,
  items: text,
  minItems: 1,
} as const satisfies Schema;

/**
 * The outline of a delegated capability: enough to tell a client what it forgot. Whether it is a good one is for the
 * verifier to say (AUTHORIZATION R16–R35). It is stricter in everything, so that what it lets be invoked can also be
 * revoked (R44): no lengths here.
 */
export const delegatedZcap = {
  title: 'Delegated capability',
  type: 'object',
  required: ['@context', 'id', 'controller', 'parentCapability', 'invocationTarget', 'expires', 'proof'],
  additionalProperties: false,
  properties: {
    '@context': {type: 'array', items: text, minItems: 1},
    id: text,
    controller: texts,
    parentCapability: text,
    invocationTarget: text,
    allowedAction: texts,
    expires: text,
    proof: {type: 'object'},
  },
} as const satisfies Schema;

export const revocationList = {
  title: 'Revocations of a keystore',
  type: 'object',
  required: ['results'],
  additionalProperties: false,
  properties: {
    results: {
      type: 'array',
      items: {
        type: 'object',
        required: ['id', 'delegator', 'expires', 'revoker', 'revoked'],
        additionalProperties: false,
        properties: {
          id: {...text, description: "The capability's id."},
          delegator: {...text, description: 'The DID that delegated it.'},
          expires: {type: 'string', description: 'When the capability expires by itself.'},
          revoker: {...text, description: 'The DID that revoked it.'},
          revoked: {type: 'string', description: 'When it was revoked.'},
        },
      },
    },
    cursor,
  },
} as const satisfies Schema;
