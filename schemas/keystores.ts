import {controller, cursor, did, ipAllowList, url} from './common.ts';
import type {FromSchema, Schema} from './json-schema.ts';
import {TEXT_PATTERN} from './key-metadata.ts';

const kmsModule = {
  type: 'string',
  description: 'The key module that makes and uses the keys of the keystore.',
  minLength: 1,
  maxLength: 100,
} as const satisfies Schema;

const meterId = {
  type: 'string',
  description: 'Kept and echoed; it cannot be changed.',
  pattern: TEXT_PATTERN,
  minLength: 1,
  maxLength: 1024,
} as const satisfies Schema;

/** A keystore to be created. Its id is the server's to give. */
export const postKeystoreBody = {
  title: 'New keystore',
  type: 'object',
  required: ['controller', 'sequence'],
  additionalProperties: false,
  properties: {sequence: {const: 0}, controller, meterId, kmsModule, ipAllowList},
} as const satisfies Schema;

/** A keystore's next config. An absent `ipAllowList` clears it; what cannot change may be absent. */
export const updateKeystoreConfigBody = {
  title: 'Keystore update',
  type: 'object',
  required: ['id', 'controller', 'sequence'],
  additionalProperties: false,
  properties: {
    id: url,
    sequence: {
      type: 'integer',
      description: "The stored config's `sequence` plus one.",
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
    },
    controller,
    meterId,
    kmsModule,
    ipAllowList,
  },
} as const satisfies Schema;

export type UpdateKeystoreConfigBody = FromSchema<typeof updateKeystoreConfigBody>;

export const keystoreConfig = {
  title: 'Keystore',
  type: 'object',
  required: ['id', 'sequence', 'controller', 'kmsModule'],
  additionalProperties: false,
  properties: {
    id: url,
    sequence: {type: 'integer', description: '0 when created; each update adds one.', minimum: 0},
    controller,
    meterId,
    kmsModule,
    ipAllowList,
  },
} as const satisfies Schema;

export const updateKeystoreReply = {
  title: 'Updated keystore',
  type: 'object',
  required: ['config'],
  additionalProperties: false,
  properties: {config: keystoreConfig},
} as const satisfies Schema;

export const keystoreList = {
  title: 'Keystores of a controller',
  type: 'object',
  required: ['results'],
  additionalProperties: false,
  properties: {results: {type: 'array', items: keystoreConfig}, cursor},
} as const satisfies Schema;

/** Query values are text. */
export const limit = {
  type: 'string',
  description: 'The most results to give at once, 1 to 1000; 100 where absent.',
  pattern: '^([1-9][0-9]{0,2}|1000)$',
} as const satisfies Schema;

export const getKeystoresQuery = {
  type: 'object',
  required: ['controller'],
  additionalProperties: false,
  properties: {controller: did, limit, cursor},
} as const satisfies Schema;
