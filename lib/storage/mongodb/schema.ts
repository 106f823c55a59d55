import type {CreateIndexesOptions, Document, IndexSpecification} from 'mongodb';
import type {CollectionName} from './collections.ts';

export interface Index {
  readonly name: string;
  readonly keys: IndexSpecification;
  readonly unique?: boolean;
  /** What some servers of the protocol do not have: there the index is made without. */
  readonly ifSupported?: Pick<CreateIndexesOptions, 'partialFilterExpression' | 'expireAfterSeconds'>;
}

export interface CollectionSchema {
  readonly name: CollectionName;
  readonly indexes: readonly Index[];
  /** A safety net, for who writes past the server: what is stored is checked when it is read, too. */
  readonly validator?: Document;
}

/** A placeholder serves who is about to insert; a day later nobody is. See tidy.ts. */
const PLACEHOLDERS: Index = {
  name: 'placeholderAt',
  keys: {placeholderAt: 1},
  ifSupported: {expireAfterSeconds: 86_400},
};

const text = {bsonType: 'string'};
const filled = {bsonType: 'string', minLength: 1};
const number = {bsonType: 'number'};
const count = {bsonType: 'number', minimum: 0};
const bytes = {bsonType: 'binData'};
const texts = {bsonType: 'array', items: text};

/** All of a document that is written whole, unless it is a placeholder. */
const whole = (required: readonly string[], properties: Document): Document => ({
  $jsonSchema: {
    bsonType: 'object',
    required: ['keystoreId', 'revision'],
    properties: {keystoreId: filled, revision: filled, placeholder: {enum: [true]}, ...properties},
    anyOf: [
      {required: ['placeholder', 'placeholderAt']},
      {required: ['position', 'incarnation', ...required]},
    ],
  },
});

const CONFIG = {
  bsonType: 'object',
  required: ['sequence', 'controller', 'kmsModule', 'mac', 'macKeyVersionId'],
  properties: {
    sequence: count,
    controller: {bsonType: ['string', 'array']},
    kmsModule: text,
    meterId: text,
    ipAllowList: texts,
    mac: bytes,
    macKeyVersionId: filled,
  },
};

const VERSION = {
  bsonType: 'object',
  required: ['version', 'createdAt', 'state'],
  properties: {
    version: {bsonType: 'number', minimum: 1},
    createdAt: number,
    state: {enum: ['enabled', 'disabled', 'destroyed']},
    publicKey: bytes,
    material: bytes,
    dataKeyVersionId: filled,
    certificates: filled,
  },
};

const KEY = whole(
  [
    ...[
      'localKeyId',
      'uniqueName',
      'order',
      'kept',
      'sequence',
      'type',
      'createdAt',
      'updatedAt',
      'origin',
      'state',
    ],
    ...['versions', 'mac', 'macKeyVersionId', 'dataKeyVersionIds'],
  ],
  {
    localKeyId: filled,
    uniqueName: filled,
    position: count,
    order: count,
    kept: {bsonType: 'bool'},
    sequence: count,
    type: filled,
    createdAt: number,
    updatedAt: number,
    dueAt: number,
    origin: {enum: ['generated', 'imported']},
    state: {enum: ['enabled', 'disabled', 'pendingDeletion', 'deleted']},
    versions: {bsonType: 'array', minItems: 1, items: VERSION},
    mac: bytes,
    macKeyVersionId: filled,
    dataKeyVersionIds: {bsonType: 'array', minItems: 1, items: filled},
  },
);

const REVOCATION = whole(['delegator', 'capabilityId', 'expiresAt', 'revoker', 'revokedAt'], {
  position: count,
  delegator: text,
  capabilityId: text,
  expiresAt: number,
  revoker: text,
  revokedAt: number,
  chargedTo: text,
});

const KEYSTORE = {
  $jsonSchema: {
    bsonType: 'object',
    required: ['revision'],
    properties: {
      revision: filled,
      placeholder: {enum: [true]},
      incarnation: filled,
      config: CONFIG,
      position: count,
      creator: filled,
      acknowledgedBy: texts,
      listedFor: texts,
      keyIds: texts,
    },
    anyOf: [{required: ['placeholder', 'placeholderAt']}, {required: ['incarnation']}],
    // A config and what lists it come and go together.
    dependencies: {config: ['position', 'creator', 'acknowledgedBy', 'listedFor'], position: ['config']},
  },
};

/** The `_id` indexes, which each collection has, are not named. */
export const SCHEMA: readonly CollectionSchema[] = [
  {
    name: 'keystore',
    validator: KEYSTORE,
    indexes: [
      {name: 'position', keys: {position: 1}},
      {name: 'creator', keys: {creator: 1}},
      {name: 'listedFor', keys: {listedFor: 1, position: 1}},
      {name: 'scopePosition', keys: {scopePosition: 1}},
      {name: 'keyIds', keys: {keyIds: 1}},
      {name: 'sealing', keys: {sealing: 1}},
      {name: 'deleting', keys: {deleting: 1}},
      PLACEHOLDERS,
    ],
  },
  {
    name: 'key',
    validator: KEY,
    indexes: [
      // Unique indexes of what may be sharded begin with the shard key.
      {name: 'uniqueName', keys: {keystoreId: 1, uniqueName: 1}, unique: true},
      {name: 'position', keys: {keystoreId: 1, position: 1}},
      {name: 'kept', keys: {keystoreId: 1, kept: 1, position: 1}},
      {name: 'dataKeyVersionIds', keys: {keystoreId: 1, dataKeyVersionIds: 1}},
      {
        name: 'dueAt',
        keys: {dueAt: 1, order: 1, _id: 1},
        ifSupported: {partialFilterExpression: {dueAt: {$exists: true}}},
      },
      PLACEHOLDERS,
    ],
  },
  {
    name: 'revocation',
    validator: REVOCATION,
    indexes: [
      {name: 'position', keys: {keystoreId: 1, position: 1}},
      {name: 'chargedTo', keys: {keystoreId: 1, chargedTo: 1}},
      {name: 'expiresAt', keys: {expiresAt: 1}},
      PLACEHOLDERS,
    ],
  },
  {name: 'replay', indexes: [{name: 'expiresAt', keys: {expiresAt: 1}}]},
  {name: 'hierarchy', indexes: []},
  {
    name: 'maintenance_job',
    indexes: [
      {name: 'slot', keys: {slot: 1}, unique: true},
      {name: 'position', keys: {position: 1}, unique: true},
    ],
  },
  {name: 'lease', indexes: []},
  {name: 'creator', indexes: []},
  {name: 'counter', indexes: []},
  {name: 'probe', indexes: []},
  {name: 'store_mark', indexes: []},
];
