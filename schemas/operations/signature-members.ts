import {base64url} from '../common.ts';
import type {Schema} from '../json-schema.ts';

/** 100 KB of base64url: more does not fit into the largest body. */
const MAX_VERIFY_DATA_BYTES = 75 * 1024;

const verifyData = base64url(
  MAX_VERIFY_DATA_BYTES,
  'What the signature is over; for BBS, CBOR of `[header, [messages…]]`.',
);

/** ML-DSA-87 has the longest one: 4627 bytes. */
export const signatureValue = base64url(8192, 'The signature; for ECDSA, r‖s.');

/** What is signed: the data, or its digest. */
export const signedMembers = {
  verifyData,
  digest: base64url(
    64,
    'The digest of what the signature is over, in place of `verifyData`; for algorithms that hash their data first.',
  ),
  hashAlgorithm: {
    enum: ['SHA-256', 'SHA-384', 'SHA-512'],
    description: 'What made the digest: the hash of the signature algorithm.',
  },
  algorithm: {
    type: 'string',
    description: "One of the key type's signature algorithms, e.g. `RS256`; absent: its first.",
    minLength: 1,
    maxLength: 32,
  },
} as const satisfies Readonly<Record<string, Schema>>;

/** Exactly one of the two. */
export const dataOrDigest = {
  dependentRequired: {digest: ['hashAlgorithm'], hashAlgorithm: ['digest']},
  if: {required: ['digest']},
  then: {properties: {verifyData: {not: {}}}},
  else: {required: ['verifyData']},
} as const satisfies Schema;
