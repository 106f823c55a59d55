import {base64url} from '../common.ts';

/** More does not fit into the largest body. */
export const MAX_VERIFY_DATA_BYTES = 64 * 1024;

export const verifyData = base64url(
  MAX_VERIFY_DATA_BYTES,
  'What the signature is over; for BBS, CBOR of `[header, [messages…]]`.',
);

/** ML-DSA-87 has the longest one: 4627 bytes. */
export const signatureValue = base64url(8192, 'The signature; for ECDSA, r‖s.');
