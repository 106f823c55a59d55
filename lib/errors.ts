import {KmsError} from './kms-error.ts';

export {KmsError, type KmsErrorOptions, type PublicCause} from './kms-error.ts';

/* Every way in which a request can fail, one class per meaning. */

/** The request's syntax is wrong: headers, JSON, encodings. */
export class MalformedRequestError extends KmsError {
  override readonly name = 'DataError';
  readonly code = 'ERR_MALFORMED_REQUEST';
  readonly status = 400;
}

export interface ValidationIssue {
  readonly name: 'ValidationError';
  readonly message: string;
  /** `path` is written as `.ipAllowList[0]`; `keyword` is JSON Schema's. */
  readonly details: {readonly path: string; readonly keyword: string};
}

/** A body does not have the shape its validator asks for. */
export class ValidationError extends KmsError {
  override readonly name = 'ValidationError';
  readonly code = 'ERR_VALIDATION';
  readonly status = 400;
  readonly validator: string;

  constructor(validator: string, errors: readonly ValidationIssue[]) {
    super(`A validation error occurred in the '${validator}' validator.`, {details: {errors}});
    this.validator = validator;
  }
}

/** The invocation does not authorise the request. `reason` says publicly why; it never tells what exists. */
export class NotAllowedError extends KmsError {
  override readonly name = 'NotAllowedError';
  readonly code = 'ERR_NOT_ALLOWED';
  readonly status = 403;
  /** A short constant word for logs, metrics and tests, e.g. `signature`, `expired`, `revoked`. */
  readonly reason: string;

  constructor(
    reason: string,
    message: string,
    {cause, details}: {cause?: unknown; details?: Record<string, unknown>} = {},
  ) {
    super('Authorization error.', {
      cause,
      publicCause: {name: 'NotAllowedError', message, ...(details && {details})},
    });
    this.reason = reason;
  }
}

/** The keystore's `ipAllowList` does not hold the client's address. */
export class SourceAddressError extends KmsError {
  override readonly name = 'NotAllowedError';
  readonly code = 'ERR_SOURCE_ADDRESS';
  readonly status = 403;

  constructor() {
    super('Permission denied. Source IP is not allowed.');
  }
}

/** Nothing is there, and the client was authorised to know it (or there is no such route). */
export class NotFoundError extends KmsError {
  override readonly name = 'NotFoundError';
  readonly code = 'ERR_NOT_FOUND';
  readonly status = 404;
}

export class MethodNotAllowedError extends KmsError {
  override readonly name = 'NotSupportedError';
  readonly code = 'ERR_METHOD_NOT_ALLOWED';
  readonly status = 405;
  readonly allow: string;

  constructor(allow: readonly string[]) {
    super('The method is not supported here.');
    this.allow = allow.join(', ');
  }
}

/** The `sequence` (or what else must not have changed) is not the stored one's successor. */
export class KeystoreSequenceError extends KmsError {
  override readonly name = 'InvalidStateError';
  readonly code = 'ERR_KEYSTORE_SEQUENCE';
  readonly status = 409;
}

/** What was asked for does not fit the object's present state, e.g. deleting a keystore that holds keys. */
export class InvalidStateError extends KmsError {
  override readonly name = 'InvalidStateError';
  readonly code = 'ERR_INVALID_STATE';
  readonly status = 409;
}

/** The stored key record is not the one that was changed (any more). */
export class KeySequenceError extends KmsError {
  override readonly name = 'InvalidStateError';
  readonly code = 'ERR_KEY_SEQUENCE';
  readonly status = 409;
}

/** The key, or the version of it, is in a state in which this is not done. */
export class KeyStateError extends KmsError {
  override readonly name = 'InvalidStateError';
  readonly code = 'ERR_KEY_STATE';
  readonly status = 409;
}

/** The key's policy forbids it. `details.policy` names the member of the policy. */
export class KeyPolicyError extends KmsError {
  override readonly name = 'NotAllowedError';
  readonly code = 'ERR_KEY_POLICY';
  readonly status = 403;

  constructor(member: string, message: string) {
    super(message, {details: {policy: member}});
  }
}

/** A record with that identity exists. */
export class DuplicateError extends KmsError {
  override readonly name = 'DuplicateError';
  readonly code = 'ERR_DUPLICATE';
  readonly status = 409;
}

/** The config's `id` is not the URL it was sent to. */
export class UrlMismatchError extends KmsError {
  override readonly name = 'URLMismatchError';
  readonly code = 'ERR_URL_MISMATCH';
  readonly status = 400;
}

/** The key, its type or its module has no such operation. */
export class NotSupportedError extends KmsError {
  override readonly name = 'NotSupportedError';
  readonly code = 'ERR_NOT_SUPPORTED';
  readonly status = 400;
}

/** The operation failed on its input. One message for all: no oracle. */
export class OperationFailedError extends KmsError {
  override readonly name = 'OperationError';
  readonly code = 'ERR_OPERATION_FAILED';
  readonly status = 400;
}

/** The client took too long to send its request. */
export class RequestTimeoutError extends KmsError {
  override readonly name = 'RequestTimeoutError';
  readonly code = 'ERR_REQUEST_TIMEOUT';
  readonly status = 408;
}

export class PayloadTooLargeError extends KmsError {
  override readonly name = 'PayloadTooLargeError';
  readonly code = 'ERR_PAYLOAD_TOO_LARGE';
  readonly status = 413;
}

export class UnsupportedMediaTypeError extends KmsError {
  override readonly name = 'UnsupportedMediaTypeError';
  readonly code = 'ERR_UNSUPPORTED_MEDIA_TYPE';
  readonly status = 415;
}

export class HeadersTooLargeError extends KmsError {
  override readonly name = 'HeadersTooLargeError';
  readonly code = 'ERR_HEADERS_TOO_LARGE';
  readonly status = 431;
}

export class RateLimitError extends KmsError {
  override readonly name = 'RateLimitError';
  readonly code = 'ERR_RATE_LIMIT';
  readonly status = 429;
  override readonly retryAfterSeconds: number;

  constructor(retryAfterSeconds: number) {
    super('Too many requests.');
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** A bound on how much one party may store was reached. */
export class QuotaExceededError extends KmsError {
  override readonly name = 'QuotaExceededError';
  readonly code = 'ERR_QUOTA_EXCEEDED';
  readonly status = 429;
}

/** The store, a key module or the root of trust cannot be used now: fail closed, try again. */
export class UnavailableError extends KmsError {
  override readonly name = 'UnavailableError';
  readonly code: 'ERR_UNAVAILABLE' | 'ERR_OUTCOME_UNKNOWN' = 'ERR_UNAVAILABLE';
  readonly status = 503;
  override readonly retryAfterSeconds = 1;
}

/** A write got no answer: it was made, or not, or is being made. Asked for anew it is refused, or makes one key more: no harm. */
export class OutcomeUnknownError extends UnavailableError {
  override readonly code = 'ERR_OUTCOME_UNKNOWN';
  override readonly details = {outcome: 'unknown'};
}

/** A defect, or data at rest that is not what was written. Never caused by what a client sends. */
export class InternalError extends KmsError {
  override readonly name = 'InternalError';
  readonly code = 'ERR_INTERNAL';
  readonly status = 500;

  constructor(cause: unknown) {
    super('An internal error occurred.', {cause});
  }
}

/** Anything thrown → one of our errors. What was not foreseen becomes an `InternalError` that says nothing of it. */
export const toKmsError = (error: unknown) => (error instanceof KmsError ? error : new InternalError(error));
