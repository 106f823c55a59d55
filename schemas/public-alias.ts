import type {Schema} from './json-schema.ts';

export const publicAlias = {
  type: 'string',
  description: "The `id` that the key's description is to have, e.g. a DID URL.",
  minLength: 1,
  maxLength: 8192,
} as const satisfies Schema;

export const publicAliasTemplate = {
  type: 'string',
  description: 'The same as a template (RFC 6570), expanded over the description.',
  minLength: 1,
  maxLength: 2048,
} as const satisfies Schema;
