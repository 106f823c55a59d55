import {keyUrl, webkmsContext} from '../common.ts';
import type {Schema} from '../json-schema.ts';
import {decryptOperation, decryptReply} from './decrypt.ts';
import {deriveSecretOperation, deriveSecretReply} from './derive-secret.ts';
import {encryptOperation, encryptReply} from './encrypt.ts';
import {rewrapOperation} from './rewrap.ts';
import {signOperation, signReply} from './sign.ts';
import {unwrapKeyOperation, unwrapKeyReply} from './unwrap-key.ts';
import {verifyOperation, verifyReply} from './verify.ts';
import {wrapKeyOperation, wrapKeyReply} from './wrap-key.ts';

export const MAX_BATCH_ITEMS = 1000;

/** What a batch may be of. */
const ITEM_OPERATIONS = {
  SignOperation: signOperation,
  VerifyOperation: verifyOperation,
  EncryptOperation: encryptOperation,
  DecryptOperation: decryptOperation,
  RewrapOperation: rewrapOperation,
  WrapKeyOperation: wrapKeyOperation,
  UnwrapKeyOperation: unwrapKeyOperation,
  DeriveSecretOperation: deriveSecretOperation,
} as const;

export type BatchableOperationType = keyof typeof ITEM_OPERATIONS;

export const BATCHABLE_OPERATIONS = Object.freeze(Object.keys(ITEM_OPERATIONS) as BatchableOperationType[]);

/** Members that an item has from its batch. */
const FROM_BATCH: ReadonlySet<string> = new Set(['type', 'invocationTarget', '@context']);

const outline = {
  title: 'BatchOperation',
  type: 'object',
  description:
    'The same operation up to 1000 times, with other members each time. Its action is that of its items.',
  required: ['type', 'invocationTarget', 'operation', 'items'],
  additionalProperties: false,
  properties: {
    '@context': webkmsContext,
    type: {const: 'BatchOperation'},
    invocationTarget: keyUrl,
    operation: {enum: BATCHABLE_OPERATIONS, description: 'The type of every item.'},
    items: {
      type: 'array',
      description: "That operation's members but `type`, `invocationTarget` and `@context`, again and again.",
      items: {type: 'object'},
      minItems: 1,
      maxItems: MAX_BATCH_ITEMS,
    },
  },
} as const satisfies Schema;

const whole = {
  ...outline,
  allOf: Object.entries(ITEM_OPERATIONS).map(([type, body]) => ({
    if: {required: ['operation'], properties: {operation: {const: type}}},
    then: {properties: {items: {type: 'array', items: itemSchema(body)}}},
  })),
};

/** Every item is checked as its operation is. */
export const batchOperation: typeof outline = whole;

/** An operation's schema without what its items have from the batch. */
function itemSchema(body: {
  readonly title: string;
  readonly required: readonly string[];
  readonly properties: Readonly<Record<string, Schema>>;
}): object {
  const {title, required, properties, ...rest} = body;
  return {
    ...rest,
    description: `As ${title}.`,
    required: required.filter((name) => !FROM_BATCH.has(name)),
    properties: Object.fromEntries(Object.entries(properties).filter(([name]) => !FROM_BATCH.has(name))),
  };
}

const replies = [
  signReply,
  verifyReply,
  encryptReply,
  decryptReply,
  wrapKeyReply,
  unwrapKeyReply,
  deriveSecretReply,
];

const refusedItem = {
  title: 'Refused item',
  type: 'object',
  required: ['error'],
  additionalProperties: false,
  properties: {
    error: {
      type: 'object',
      required: ['name', 'message'],
      additionalProperties: false,
      properties: {name: {type: 'string'}, message: {type: 'string'}},
    },
  },
} as const satisfies Schema;

const replyOutline = {
  title: 'Results of a batch',
  type: 'object',
  required: ['results'],
  additionalProperties: false,
  properties: {
    results: {
      type: 'array',
      description: 'Of each item, in order: the reply to it, or why it was refused.',
      items: {type: 'object'},
    },
  },
} as const satisfies Schema;

const wholeReply = {
  ...replyOutline,
  properties: {
    results: {...replyOutline.properties.results, items: {anyOf: [...replies, refusedItem]}},
  },
};

export const batchReply: typeof replyOutline = wholeReply as unknown as typeof replyOutline;
