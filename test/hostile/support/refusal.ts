import type {WireResponse} from '../../support/raw-client.ts';
import type {LogLine} from './log-capture.ts';

/** How a request is to be refused: all that the client and the operator are told of why. */
export interface Refusal {
  readonly status: number;
  /** The body's word for programs. */
  readonly name: string;
  /** The body's sentence: the cause's where there is one. Issues of a schema follow it. */
  readonly says: string;
  /** The log's word. */
  readonly reason: string;
  /** Stands in what the log says of the causes, which are never sent. */
  readonly because?: string;
}

interface ErrorBody {
  readonly name: string;
  readonly message: string;
  readonly details?: {readonly errors?: readonly {message: string; details: {path: string}}[]};
  readonly cause?: {readonly message: string};
}

/** What a response and its line in the log say. */
export function refusalOf({status, json}: WireResponse, line: LogLine): Refusal {
  const {name, message, details, cause} = (json ?? {}) as ErrorBody;
  const issues = details?.errors?.map((issue) => `${issue.details.path} ${issue.message}`) ?? [];
  return {
    status,
    name,
    says: [cause?.message ?? message, ...issues].join(' | '),
    reason: line.reason ?? '',
  };
}

export function malformed(says: string, because?: string): Refusal {
  return {status: 400, name: 'DataError', reason: 'ERR_MALFORMED_REQUEST', says, ...(because && {because})};
}

/** @param issues e.g. `.sequence should be integer`. */
export function invalid(validator: string, ...issues: readonly string[]): Refusal {
  const says = [`A validation error occurred in the '${validator}' validator.`, ...issues].join(' | ');
  return {status: 400, name: 'ValidationError', reason: 'ERR_VALIDATION', says};
}

export function unsupported(says: string): Refusal {
  return {status: 400, name: 'NotSupportedError', reason: 'ERR_NOT_SUPPORTED', says};
}

export function failed(says: string): Refusal {
  return {status: 400, name: 'OperationError', reason: 'ERR_OPERATION_FAILED', says};
}

export function forbidden(reason: string, says: string, because?: string): Refusal {
  return {status: 403, name: 'NotAllowedError', reason, says, ...(because && {because})};
}

/** One public sentence for whatever is wrong with a DID; the log knows what. */
export function badDid(refusal: string): Refusal {
  return forbidden(
    'did',
    'The verification method could not be resolved for this purpose.',
    `DID refused: ${refusal}.`,
  );
}

/** One public sentence for whatever a published library refuses. */
export function unproven(because: string): Refusal {
  return forbidden(
    'capability-proof',
    'The capability invocation or a delegation in its chain could not be verified.',
    because,
  );
}

export const WRONG_ADDRESS: Refusal = {
  status: 403,
  name: 'NotAllowedError',
  reason: 'ERR_SOURCE_ADDRESS',
  says: 'Permission denied. Source IP is not allowed.',
};

export const NO_ROUTE: Refusal = {
  status: 404,
  name: 'NotFoundError',
  reason: 'ERR_NOT_FOUND',
  says: 'There is nothing at this URL.',
};

export const NO_KEY: Refusal = {...NO_ROUTE, says: 'Key not found.'};

export const NO_METHOD: Refusal = {
  status: 405,
  name: 'NotSupportedError',
  reason: 'ERR_METHOD_NOT_ALLOWED',
  says: 'The method is not supported here.',
};

export function wrongState(says: string, reason = 'ERR_INVALID_STATE'): Refusal {
  return {status: 409, name: 'InvalidStateError', reason, says};
}

export const BODY_TOO_LARGE: Refusal = {
  status: 413,
  name: 'PayloadTooLargeError',
  reason: 'ERR_PAYLOAD_TOO_LARGE',
  says: 'The request body must not be larger than 102400 bytes.',
};

export function mediaType(says: string): Refusal {
  return {status: 415, name: 'UnsupportedMediaTypeError', reason: 'ERR_UNSUPPORTED_MEDIA_TYPE', says};
}

export function headersTooLarge(says: string): Refusal {
  return {status: 431, name: 'HeadersTooLargeError', reason: 'ERR_HEADERS_TOO_LARGE', says};
}

export const TOO_MANY_REQUESTS: Refusal = {
  status: 429,
  name: 'RateLimitError',
  reason: 'ERR_RATE_LIMIT',
  says: 'Too many requests.',
};

export function quotaUsedUp(says: string): Refusal {
  return {status: 429, name: 'QuotaExceededError', reason: 'ERR_QUOTA_EXCEEDED', says};
}

export const STORE_UNAVAILABLE: Refusal = {
  status: 503,
  name: 'UnavailableError',
  reason: 'ERR_UNAVAILABLE',
  says: 'The store cannot be used now.',
};

export const INTERNAL: Refusal = {
  status: 500,
  name: 'InternalError',
  reason: 'ERR_INTERNAL',
  says: 'An internal error occurred.',
};
