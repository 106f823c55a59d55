import {keyUrl, webkmsContext} from '../common.ts';
import type {Schema} from '../json-schema.ts';
import {keyDescriptionText, keyTags, keyVersion, maxCapabilityChainLength, x5c} from '../key-metadata.ts';
import {keyPolicy} from '../key-policy.ts';
import {publicAlias, publicAliasTemplate} from '../public-alias.ts';

/** Keywords that are about objects, strings, numbers or arrays do not bind null. */
export const updateKeyOperation = {
  title: 'UpdateKeyOperation',
  type: 'object',
  description:
    'Changes what is known of the key. Each member that is given replaces what was there, whole; null removes it.',
  required: ['type', 'invocationTarget'],
  additionalProperties: false,
  properties: {
    '@context': webkmsContext,
    type: {const: 'UpdateKeyOperation'},
    invocationTarget: keyUrl,
    tags: {...keyTags, type: ['object', 'null']},
    description: {...keyDescriptionText, type: ['string', 'null']},
    policy: {anyOf: [keyPolicy, {type: 'null'}]},
    maxCapabilityChainLength: {...maxCapabilityChainLength, type: ['integer', 'null']},
    publicAlias: {...publicAlias, type: ['string', 'null']},
    publicAliasTemplate: {...publicAliasTemplate, type: ['string', 'null']},
    x5c: {...x5c, type: ['array', 'null']},
    keyVersion: {...keyVersion, description: 'The version that `x5c` is of; absent: the newest.'},
  },
  dependentRequired: {keyVersion: ['x5c']},
  anyOf: [
    {required: ['tags']},
    {required: ['description']},
    {required: ['policy']},
    {required: ['maxCapabilityChainLength']},
    {required: ['publicAlias']},
    {required: ['publicAliasTemplate']},
    {required: ['x5c']},
  ],
} as const satisfies Schema;
