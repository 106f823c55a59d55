import {base64url} from '../common.ts';

/** 100 KB of base64url: more does not fit into the largest body. */
export const MAX_VERIFY_DATA_BYTES = 75 * 1024;

export const verifyData = base64url(
  MAX_VERIFY_DATA_BYTES,
  'What the signature is over; for BBS, CBOR of `[header, [messages…]]`.',
);

/** ML-DSA-87 has the longest one: 4627 bytes. */
export const signatureValue = base64url(8192, 'The signature; for ECDSA, r‖s.');
