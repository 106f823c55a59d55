import {STATUS_CODES} from 'node:http';
import {MethodNotAllowedError, type KmsError, type PublicCause} from '../errors.ts';
import type {Reply} from './endpoint.ts';

/**
 * The body of every reply that is not a success: RFC 9457's members and those that existing clients read.
 * `type` and `name` are the same word, `detail` and `message` the same sentence.
 */
export interface ErrorBody {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly message: string;
  readonly name: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: PublicCause;
}

/** Existing clients parse bodies whose content type contains `json`, which this does. */
const ERROR_CONTENT_TYPE = 'application/problem+json';

export function errorBody(error: KmsError): ErrorBody {
  const {name, status, message, details, publicCause} = error;
  return {
    type: name,
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail: message,
    message,
    name,
    ...(details && {details}),
    ...(publicCause && {cause: publicCause}),
  };
}

export function errorReply(error: KmsError): Reply {
  const headers: Record<string, string> = {'Content-Type': ERROR_CONTENT_TYPE};
  if (error.retryAfterSeconds !== undefined) headers['Retry-After'] = String(error.retryAfterSeconds);
  if (error instanceof MethodNotAllowedError) headers['Allow'] = error.allow;
  return {status: error.status, headers, body: errorBody(error)};
}
