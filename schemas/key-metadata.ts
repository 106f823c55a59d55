import type {FromSchema, Schema} from './json-schema.ts';
import {keyPolicy} from './key-policy.ts';

/** What a key module can do with a key. */
export const keyOperation = {
  enum: [
    'sign',
    'verify',
    'wrapKey',
    'unwrapKey',
    'deriveSecret',
    'encrypt',
    'decrypt',
    'encapsulate',
    'decapsulate',
  ],
} as const satisfies Schema;

/** What a key is narrowed to when it is made. */
export const keyOps = {
  type: 'array',
  description: 'What the key is for, of what its type can do; absent: all of that. It is for good.',
  items: keyOperation,
  minItems: 1,
  maxItems: 9,
  uniqueItems: true,
} as const satisfies Schema;

/** Letters, digits and some of what names are joined with; no `=`, which the command line parts names and values by. */
export const TAG_NAME_PATTERN = '^[A-Za-z0-9_][A-Za-z0-9_.:/@+\\-]{0,63}$';

/** One line: no control characters, no line or paragraph separators, no half of a surrogate pair. */
export const TEXT_PATTERN = '^[^\\p{Cc}\\p{Cs}\\p{Zl}\\p{Zp}]*$';

export const keyTags = {
  type: 'object',
  description: 'Names and values. The tag `name` is unique in the keystore: keys are found by it.',
  maxProperties: 50,
  propertyNames: {type: 'string', pattern: TAG_NAME_PATTERN},
  additionalProperties: {type: 'string', pattern: TEXT_PATTERN, maxLength: 256},
} as const satisfies Schema;

export const keyDescriptionText = {
  type: 'string',
  description: 'One line about the key, for people.',
  pattern: TEXT_PATTERN,
  minLength: 1,
  maxLength: 1024,
} as const satisfies Schema;

export const maxCapabilityChainLength = {
  type: 'integer',
  description: "The longest chain of capabilities that may use the key; 1: the keystore's controllers only.",
  minimum: 1,
  maximum: 10,
} as const satisfies Schema;

export const x5c = {
  type: 'array',
  description: "Standard base64 of DER: the key's own certificate, then each one's issuer (RFC 7517 §4.7).",
  items: {type: 'string', pattern: '^[A-Za-z0-9+/]+={0,2}$', minLength: 4, maxLength: 10_924},
  minItems: 1,
  maxItems: 10,
} as const satisfies Schema;

/** The number of a version, from 1. */
export const keyVersion = {type: 'integer', minimum: 1, maximum: 999_999_999} as const satisfies Schema;

const time = {type: 'string', description: 'XML Schema date-time in UTC.'} as const satisfies Schema;

const versionMetadata = {
  title: 'Key version',
  type: 'object',
  required: ['version', 'createdAt', 'status'],
  additionalProperties: false,
  properties: {
    version: keyVersion,
    createdAt: time,
    status: {
      description:
        'What it does: all; what older versions do; nothing, as the policy has retired it, it was disabled, or its material is erased.',
      enum: [
        'active',
        'decrypt-only',
        'verify-only',
        'unwrap-only',
        'derive-only',
        'decapsulate-only',
        'retired',
        'disabled',
        'destroyed',
      ],
    },
    publicKeyMultibase: {type: 'string', description: 'Of asymmetric keys.'},
    uses: {type: 'integer', description: 'How often it was used, or may have been.', minimum: 0},
    x5c,
  },
} as const satisfies Schema;

export const keyMetadata = {
  title: 'Key metadata',
  type: 'object',
  required: [
    'keyId',
    'keyType',
    'state',
    'createdAt',
    'updatedAt',
    'origin',
    'currentVersion',
    'versions',
    'operations',
  ],
  additionalProperties: false,
  properties: {
    keyId: {type: 'string', description: "The key's URL, whatever its alias."},
    keyType: {type: 'string', description: 'The type that it was made with.'},
    state: {
      description: 'Before, in or after its usage window; disabled; deleted, but to be restored; gone.',
      enum: ['created', 'active', 'expired', 'disabled', 'pendingDeletion', 'deleted'],
    },
    createdAt: time,
    updatedAt: {
      ...time,
      description: 'When a client or a policy last changed it. XML Schema date-time in UTC.',
    },
    origin: {description: 'Where version 1 was made: here, or elsewhere.', enum: ['generated', 'imported']},
    currentVersion: {...keyVersion, description: 'The newest version.'},
    versions: {
      type: 'array',
      description: 'All that there were, oldest first.',
      items: versionMetadata,
      minItems: 1,
    },
    operations: {type: 'array', description: 'What the key can do.', items: keyOperation},
    algorithms: {
      type: 'array',
      description: 'How it can sign or encrypt.',
      items: {type: 'string'},
      minItems: 1,
    },
    kmsModule: {type: 'string', description: 'The key module that keeps it.'},
    extractable: {
      type: 'boolean',
      description:
        'Whether the key module could let it leave, where its policy says so. false: it never can.',
    },
    keyOps,
    tags: keyTags,
    description: keyDescriptionText,
    policy: keyPolicy,
    maxCapabilityChainLength,
    deletion: {
      type: 'object',
      description: 'When the key was deleted, and until when it can be restored.',
      required: ['requestedAt', 'destroyAt'],
      additionalProperties: false,
      properties: {requestedAt: time, destroyAt: time},
    },
    warnings: {
      type: 'array',
      description: 'What the server advises, for people.',
      items: {type: 'string'},
      minItems: 1,
    },
  },
} as const satisfies Schema;

export type KeyMetadataBody = FromSchema<typeof keyMetadata>;
