import type {Schema} from './json-schema.ts';
import {getKeyQuery, keyDescription, keyList, listKeysQuery, listQuery} from './keys.ts';
import {
  getKeystoresQuery,
  keystoreConfig,
  keystoreList,
  postKeystoreBody,
  updateKeystoreConfigBody,
  updateKeystoreReply,
} from './keystores.ts';
import {KMS_OPERATIONS} from './kms-operations.ts';
import {delegatedZcap, revocationList} from './revocations.ts';

/** What a route takes and gives. */
export interface RouteContract {
  readonly summary: string;
  /** The capability action that the route asks for, in words; absent: the route needs no authorisation. */
  readonly action?: string;
  readonly query?: Schema & {readonly properties: Readonly<Record<string, Schema>>};
  /** The body is one of these. */
  readonly body?: readonly Schema[];
  readonly reply: {
    readonly status: 200 | 201 | 204;
    readonly description: string;
    /** One of these; absent: no body. */
    readonly body?: readonly Schema[];
    /** Whether the `Location` header names what was made. */
    readonly location?: boolean;
  };
  /** Statuses of its refusals besides those of every authorised route. */
  readonly refusals?: readonly (404 | 409 | 503)[];
}

const {GenerateKeyOperation, ImportKeyOperation, GetImportParametersOperation, ...KEY_OPERATIONS} =
  KMS_OPERATIONS;

/** Every route by its name. */
export const API_CONTRACT = {
  createKeystore: {
    summary: 'Create a keystore',
    action: '`write`',
    body: [postKeystoreBody],
    reply: {status: 201, description: 'The keystore.', body: [keystoreConfig], location: true},
    refusals: [409],
  },
  listKeystores: {
    summary: 'List the keystores that name a controller',
    action: '`read`',
    query: getKeystoresQuery,
    reply: {
      status: 200,
      description:
        'Those that the controller created or has changed, then those in which only others have named it; each in order of creation, in pages.',
      body: [keystoreList],
    },
  },
  getKeystore: {
    summary: "Read a keystore's config",
    action: '`read`',
    reply: {status: 200, description: 'The config.', body: [keystoreConfig]},
  },
  updateKeystore: {
    summary: "Replace a keystore's config, e.g. its controller",
    action: '`write`',
    body: [updateKeystoreConfigBody],
    reply: {status: 200, description: 'The new config.', body: [updateKeystoreReply]},
    refusals: [409],
  },
  deleteKeystore: {
    summary: 'Delete a keystore that holds no keys',
    action: '`write`',
    reply: {status: 204, description: 'It is gone.'},
    refusals: [409],
  },
  generateKey: {
    summary: 'Make a key, or ask how to import one',
    action: "the operation's: `generateKey` or `importKey`",
    body: [GenerateKeyOperation.body, ImportKeyOperation.body, GetImportParametersOperation.body],
    reply: {
      status: 200,
      description: 'The new key, or what it is to be wrapped with.',
      body: [GenerateKeyOperation.reply, ImportKeyOperation.reply, GetImportParametersOperation.reply],
      location: true,
    },
    refusals: [409],
  },
  listKeys: {
    summary: 'List the keys of a keystore',
    action: '`read`',
    query: listKeysQuery,
    reply: {status: 200, description: 'In order of creation, in pages.', body: [keyList]},
  },
  getKeyDescription: {
    summary: "Read a key's description",
    action: '`read`; any action that is allowed on the key is authority enough, but not for `include`',
    query: getKeyQuery,
    reply: {status: 200, description: 'The description.', body: [keyDescription]},
    refusals: [404],
  },
  runKeyOperation: {
    summary: 'Use a key, or change it',
    action:
      "the operation's name with a small first letter, without `Operation`; of a batch, that of its items\'",
    body: Object.values(KEY_OPERATIONS).map(({body}) => body),
    reply: {
      status: 200,
      description: 'The result.',
      body: Object.values(KEY_OPERATIONS).map(({reply}) => reply),
    },
    refusals: [404, 409],
  },
  listRevocations: {
    summary: 'List the revocations of a keystore',
    action: '`read`',
    query: listQuery,
    reply: {status: 200, description: 'In order of revocation, in pages.', body: [revocationList]},
  },
  revokeCapability: {
    summary: 'Revoke a delegated capability',
    action: '`write`',
    body: [delegatedZcap],
    reply: {status: 204, description: 'It and what was delegated from it are honoured nowhere from now on.'},
  },
  live: {summary: 'Whether the process runs', reply: {status: 200, description: 'It does.'}},
  ready: {
    summary: 'Whether requests can be served',
    reply: {status: 200, description: 'The store and the root of trust can be used.'},
    refusals: [503],
  },
} as const satisfies Readonly<Record<string, RouteContract>>;

/** Bytes of a request's body (R1). */
export const MAX_BODY_BYTES = 100 * 1024;

/** Why any authorised request may be refused. */
export const REFUSALS: Readonly<Record<number, string>> = {
  400: 'The request is malformed, or the key has no such operation.',
  403: 'Not authorised; also: there is no such keystore.',
  404: 'There is no such key.',
  409: 'What is stored is not what the request takes for granted.',
  413: 'The body is larger than 100 KB.',
  415: 'The body is not plain JSON in UTF-8.',
  429: 'Too many requests, or a quota is used up.',
  431: 'The headers are larger than 16 KB.',
  503: 'The store, a key module or the root of trust cannot be used now.',
};
