import type {Schema} from './json-schema.ts';

/** The body of every reply with a status from 400: what WebKMS clients read, and problem details (RFC 9457). */
export const errorBody = {
  title: 'Error',
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'message', 'name'],
  properties: {
    type: {type: 'string', description: 'Equal to `name`.'},
    title: {type: 'string'},
    status: {type: 'integer', minimum: 400, maximum: 599},
    detail: {type: 'string', description: 'Equal to `message`.'},
    message: {type: 'string'},
    name: {type: 'string', description: 'What went wrong, in one word for programs.'},
    details: {type: 'object'},
    cause: {
      type: 'object',
      required: ['name', 'message'],
      properties: {name: {type: 'string'}, message: {type: 'string'}, details: {type: 'object'}},
    },
  },
} as const satisfies Schema;
