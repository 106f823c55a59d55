import type {FromSchema, Schema} from './json-schema.ts';

/** A hundred years. */
const MAX_SECONDS = 3_155_760_000;

const seconds = {type: 'integer', minimum: 1, maximum: MAX_SECONDS} as const satisfies Schema;

/** How long a deleted key can be restored. */
export const recoveryWindowSeconds = {
  ...seconds,
  description: 'How long the key can be restored; absent: what the server is set to.',
} as const satisfies Schema;

const versions = {type: 'integer', minimum: 1, maximum: 1000} as const satisfies Schema;
const time = {
  type: 'string',
  description: 'An XML Schema date-time with a zone.',
  minLength: 20,
  maxLength: 40,
} as const satisfies Schema;

/** What a client can ask of a key's material. */
const keyUse = {
  enum: [
    'sign',
    'verify',
    'wrapKey',
    'unwrapKey',
    'deriveSecret',
    'encrypt',
    'decrypt',
    'rewrap',
    'generateDataKey',
    'encapsulate',
    'decapsulate',
  ],
} as const satisfies Schema;

export const keyPolicy = {
  title: 'Key policy',
  type: 'object',
  description:
    'What may be done with a key, and what the server does to it by itself. Absent members bind nothing.',
  additionalProperties: false,
  properties: {
    allowedOperations: {
      type: 'array',
      description: 'Actions, of those that the key has; no others are allowed.',
      items: keyUse,
      minItems: 1,
      maxItems: 11,
      uniqueItems: true,
    },
    allowedAlgorithms: {
      type: 'array',
      description: 'Names in JOSE, of those that the key has; no others are allowed.',
      items: {type: 'string', minLength: 1, maxLength: 32},
      minItems: 1,
      maxItems: 16,
      uniqueItems: true,
    },
    rotation: {
      type: 'object',
      description: 'The server makes a new version when the newest is that old, or was used that often.',
      minProperties: 1,
      additionalProperties: false,
      properties: {
        afterSeconds: {...seconds, description: 'How old, in seconds.'},
        afterUses: {
          type: 'integer',
          description: 'How often it protected or derived something.',
          minimum: 1,
          maximum: 0x1_0000_0000,
        },
      },
    },
    exportable: {type: 'boolean', description: 'Set when the key is made; later it can be taken away only.'},
    deletionProtection: {
      type: 'boolean',
      description: 'The key, and its versions, cannot be deleted while this is true.',
    },
    minDeletionWindowSeconds: {
      ...seconds,
      description: 'The shortest recovery window that a deletion may have.',
    },
    minVersions: {...versions, description: 'A version is not destroyed where fewer would be left.'},
    maxVersions: {
      ...versions,
      description:
        'A rotation destroys the oldest versions above that, of those that process nothing any more.',
    },
    destroyUsableVersions: {
      type: 'boolean',
      description:
        'With `maxVersions`: versions that still decrypt, verify, unwrap or derive are destroyed, too.',
    },
    minDecryptVersion: {
      ...versions,
      description: 'Versions below it process nothing any more. It is only ever raised.',
    },
    usageWindow: {
      type: 'object',
      description: 'Before it nothing is done with the key; from its end on nothing new is protected.',
      minProperties: 1,
      additionalProperties: false,
      properties: {notBefore: time, notAfter: time},
    },
    maxDataBytes: {
      type: 'integer',
      description: 'Bytes of what one operation takes.',
      minimum: 1,
      maximum: 1_073_741_824,
    },
    rate: {
      type: 'object',
      description: 'Uses per time of each server process; an item of a batch is one.',
      required: ['uses', 'perSeconds'],
      additionalProperties: false,
      properties: {
        uses: {type: 'integer', minimum: 1, maximum: 1_000_000_000},
        perSeconds: {type: 'integer', minimum: 1, maximum: 86_400},
      },
    },
  },
} as const satisfies Schema;

export type KeyPolicyBody = FromSchema<typeof keyPolicy>;
