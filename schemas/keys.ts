import {cursor, url} from './common.ts';
import type {Schema} from './json-schema.ts';
import {keyMetadata, keyVersion} from './key-metadata.ts';
import {limit} from './keystores.ts';

/** A key as its clients see it: nothing secret. */
export const keyDescription = {
  title: 'Key description',
  type: 'object',
  required: ['@context', 'id', 'type', 'controller'],
  additionalProperties: false,
  properties: {
    '@context': {type: 'string'},
    id: {...url, description: "The key's URL, or its public alias."},
    type: {type: 'string'},
    controller: {
      type: ['string', 'array'],
      description: "The keystore's present controller.",
      items: {type: 'string'},
    },
    publicKeyMultibase: {type: 'string'},
    publicKeyBase58: {type: 'string'},
    keyVersion: {...keyVersion, description: 'The version described; absent while the key has only one.'},
    metadata: keyMetadata,
  },
} as const satisfies Schema;

export const keyList = {
  title: 'Keys of a keystore',
  type: 'object',
  required: ['results'],
  additionalProperties: false,
  properties: {results: {type: 'array', items: keyDescription}, cursor},
} as const satisfies Schema;

/** The query of a list that nothing else can be asked of. */
export const listQuery = {
  type: 'object',
  additionalProperties: false,
  properties: {limit, cursor},
} as const satisfies Schema;

const include = {
  const: 'metadata',
  description: 'Descriptions have a member `metadata`; it needs the action `read`.',
} as const satisfies Schema;

export const listKeysQuery = {
  type: 'object',
  additionalProperties: false,
  properties: {
    limit,
    cursor,
    include,
    name: {
      type: 'string',
      description: 'Only the key whose tag `name` is that.',
      minLength: 1,
      maxLength: 128,
    },
  },
} as const satisfies Schema;

export const getKeyQuery = {
  type: 'object',
  additionalProperties: false,
  properties: {
    include,
    version: {
      type: 'string',
      description: "The key's version, from 1; absent: the current one.",
      pattern: '^[1-9][0-9]{0,8}$',
    },
  },
} as const satisfies Schema;

/** The query of a route that has none. */
export const noQuery = {
  type: 'object',
  additionalProperties: false,
  properties: {},
} as const satisfies Schema;
