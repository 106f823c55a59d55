import type {Schema} from './json-schema.ts';

export const WEBKMS_CONTEXT = 'https://w3id.org/webkms/v1';

/** The longest URL of a keystore or a key that is compared with anything. */
const MAX_URL_LENGTH = 2048;

/** DID Core §3.1, without path, query and fragment. */
const DID_PATTERN = '^did:[a-z0-9]+:[A-Za-z0-9._:%-]+$';

/** An address and a prefix length; which of them are real ones is for the format `cidr` to say. */
export const CIDR_PATTERN = '^[0-9A-Fa-f.:]{2,45}/(0|[1-9][0-9]{0,2})$';

export const did = {
  type: 'string',
  description: 'A DID.',
  pattern: DID_PATTERN,
  maxLength: 2048,
} as const satisfies Schema;

/** Keywords that are about strings do not bind arrays, nor the other way round. */
export const controller = {
  type: ['string', 'array'],
  description: 'The DID, or one to ten of them, that controls the keystore.',
  pattern: did.pattern,
  maxLength: did.maxLength,
  items: did,
  minItems: 1,
  maxItems: 10,
  uniqueItems: true,
} as const satisfies Schema;

export const ipAllowList = {
  type: 'array',
  description:
    'IPv4 and IPv6 networks in CIDR notation that may send requests about the keystore; absent: any.',
  items: {type: 'string', pattern: CIDR_PATTERN, format: 'cidr'},
  minItems: 1,
  maxItems: 100,
} as const satisfies Schema;

export const url = {type: 'string', minLength: 1, maxLength: MAX_URL_LENGTH} as const satisfies Schema;

export const keyUrl = {
  ...url,
  description: "The key's URL: where the request is sent.",
} as const satisfies Schema;

export const webkmsContext = {const: WEBKMS_CONTEXT} as const satisfies Schema;

/** Opaque; given by the reply before. */
export const cursor = {type: 'string', minLength: 1, maxLength: 512} as const satisfies Schema;

/** Unpadded base64url (RFC 4648 §5) of at most `maxBytes` bytes. */
export function base64url(maxBytes: number, description: string) {
  return {
    type: 'string',
    description: `${description} Unpadded base64url of at most ${maxBytes} bytes.`,
    pattern: '^[A-Za-z0-9_-]*$',
    maxLength: Math.ceil((maxBytes * 4) / 3),
  } as const satisfies Schema;
}
