import {WEBKMS_CONTEXT} from '../common.ts';
import type {Schema} from '../json-schema.ts';
import {keyDescriptionText, keyOps, keyTags, maxCapabilityChainLength} from '../key-metadata.ts';
import {keyPolicy} from '../key-policy.ts';
import {publicAlias, publicAliasTemplate} from '../public-alias.ts';

/** `@context` of operations that make keys. */
export const newKeyContext = {
  type: 'array',
  description: "WebKMS's context and that of the key's suite.",
  prefixItems: [{const: WEBKMS_CONTEXT}, {type: 'string', maxLength: 1024}],
  items: {type: 'string'},
  minItems: 2,
  maxItems: 2,
} as const satisfies Schema;

/** What a new key is to be: `invocationTarget` of operations that make keys. */
export const newKeyTarget = {
  type: 'object',
  required: ['type'],
  additionalProperties: false,
  properties: {
    type: {type: 'string', description: "The key's type.", minLength: 1, maxLength: 256},
    maxCapabilityChainLength,
    publicAlias,
    publicAliasTemplate,
    keyOps,
    tags: keyTags,
    description: keyDescriptionText,
    policy: keyPolicy,
  },
} as const satisfies Schema;
