import {base64url} from '../common.ts';
import type {Schema} from '../json-schema.ts';

const MAX_PLAINTEXT_BYTES = 65_536;
const MAX_ADDITIONAL_DATA_BYTES = 4096;
/** Nonce and tag of AES-GCM; nothing else is longer than the largest plaintext. */
const MAX_CIPHERTEXT_BYTES = MAX_PLAINTEXT_BYTES + 28;

export const plaintext = base64url(MAX_PLAINTEXT_BYTES, 'What is encrypted.');

export const additionalData = base64url(
  MAX_ADDITIONAL_DATA_BYTES,
  'Authenticated, not encrypted; must be given again to decrypt. Of RSA-OAEP the label.',
);

/** `webkms:v<version>:<base64url>`. */
export const ciphertext = {
  type: 'string',
  description: 'What was encrypted: `webkms:v<version>:<base64url>`.',
  pattern: '^webkms:v[1-9][0-9]{0,8}:[A-Za-z0-9_-]*$',
  maxLength: 'webkms:v999999999:'.length + Math.ceil((MAX_CIPHERTEXT_BYTES * 4) / 3),
} as const satisfies Schema;

export const encryptionAlgorithm = {
  type: 'string',
  description: "One of the key type's encryption algorithms, e.g. `RSA-OAEP-256`; absent: its first.",
  minLength: 1,
  maxLength: 32,
} as const satisfies Schema;
