import {base64url} from '../common.ts';

const MAX_UNWRAPPED_KEY_BYTES = 64 * 1024;

export const unwrappedKey = base64url(
  MAX_UNWRAPPED_KEY_BYTES,
  'The key to be wrapped: 16 bytes or more, a multiple of 8.',
);

/** RFC 3394 adds eight bytes. */
export const wrappedKey = base64url(MAX_UNWRAPPED_KEY_BYTES + 8, 'The wrapped key (RFC 3394).');
