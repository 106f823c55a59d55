import {
  BSON,
  MongoCompatibilityError,
  MongoError,
  MongoInvalidArgumentError,
  MongoServerError,
  MongoWriteConcernError,
} from 'mongodb';
import {InternalError, KmsError, OutcomeUnknownError, UnavailableError} from '../../errors.ts';
import {InvalidSchemaError, KeyInUseError, KeyNotFoundError, RootsChangedError} from '../key-errors.ts';
import {TimeUpError} from './ends-within.ts';
import type {SentAttempts} from './sent-attempts.ts';

/** A unique index has that already: which one decides what it means. It does not leave the stores. */
export class DuplicateKeyError extends Error {
  override readonly name = 'DuplicateKeyError';
  /** `_id_` or the index's name; undefined where the server does not say. */
  readonly index: string | undefined;

  constructor(index: string | undefined, options?: ErrorOptions) {
    super('A document with that key exists.', options);
    this.index = index;
  }
}

/** The server has not what a command asks for, and did nothing. */
export class NotImplementedError extends InternalError {}

/** What a store refuses: it comes out of the connection as it is. */
export type StoreError =
  KmsError | InvalidSchemaError | KeyInUseError | KeyNotFoundError | RootsChangedError | DuplicateKeyError;

const STORE_ERRORS = [
  KmsError,
  InvalidSchemaError,
  KeyInUseError,
  KeyNotFoundError,
  RootsChangedError,
  DuplicateKeyError,
];

function isStoreError(error: unknown): error is StoreError {
  return STORE_ERRORS.some((type) => error instanceof type);
}

const DUPLICATE_KEY: ReadonlySet<unknown> = new Set([11000, 11001]);

/** The server's answers to commands or documents that the code should never have sent. */
const DEFECTS: ReadonlySet<unknown> = new Set([
  2, // BadValue
  9, // FailedToParse
  14, // TypeMismatch
  28, // PathNotViable
  40, // ConflictingUpdateOperators
  52, // DollarPrefixedFieldName
  54, // NotSingleValueField
  56, // EmptyFieldName
  57, // DottedFieldName
  66, // ImmutableField
  72, // InvalidOptions
  121, // DocumentValidationFailure
  10334, // BSONObjectTooLarge
  17419, // the update would make a document too large
  17420,
]);

const NOT_IMPLEMENTED = 238;

/** The server's answers that say it has done nothing. */
const REFUSALS: ReadonlySet<unknown> = new Set([
  13, // Unauthorized
  18, // AuthenticationFailed
  24, // LockTimeout
  59, // CommandNotFound
  112, // WriteConflict
  133, // FailedToSatisfyReadPreference
  10107, // NotWritablePrimary
  13435, // NotPrimaryNoSecondaryOk
  13436, // NotPrimaryOrSecondary
]);

function duplicateIndex({errorResponse}: MongoServerError): string | undefined {
  const {errmsg} = errorResponse as {readonly errmsg?: unknown};
  return typeof errmsg === 'string' ? /\bindex: (\S+)/.exec(errmsg)?.[1] : undefined;
}

/** A socket that the other side has closed: the driver hands these errors on as they are. */
const CLOSED_SOCKET: ReadonlySet<unknown> = new Set([
  'EPIPE',
  'ECONNRESET',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_WRITE_AFTER_END',
]);

function isClosedSocket(error: unknown): boolean {
  return error instanceof Error && 'code' in error && CLOSED_SOCKET.has(error.code);
}

const unavailable = (cause: unknown): UnavailableError =>
  new UnavailableError('The store cannot be used now.', {cause});

const outcomeUnknown = (cause: unknown): OutcomeUnknownError =>
  new OutcomeUnknownError('The store did not answer whether the change was made.', {cause});

const noAnswer = (cause: unknown, write: SentAttempts | undefined): UnavailableError =>
  write && write.count > 0 ? outcomeUnknown(cause) : unavailable(cause);

/**
 * What an answer of the server means. What is neither a refusal nor a defect may have been done: it was interrupted while
 * it waited for other servers, or a router lost the one that does it. So may what was refused at the second attempt.
 */
function toServerRefusal(error: MongoServerError, write: SentAttempts | undefined): StoreError {
  const {code} = error;
  if (error instanceof MongoWriteConcernError) return outcomeUnknown(error);
  if (DUPLICATE_KEY.has(code)) return new DuplicateKeyError(duplicateIndex(error), {cause: error});
  if (code === NOT_IMPLEMENTED) return new NotImplementedError(error);
  if (DEFECTS.has(code)) return new InternalError(error);
  if (!write || (write.count <= 1 && REFUSALS.has(code))) return unavailable(error);
  return outcomeUnknown(error);
}

/**
 * What callers of a store see of an error in it. The driver's own error is the `cause`.
 * @param write of what changes something: whether it may have reached the server.
 */
export function toStoreError(error: unknown, write?: SentAttempts): StoreError {
  if (isStoreError(error)) return error;
  if (error instanceof MongoServerError) return toServerRefusal(error, write);
  if (error instanceof TimeUpError || isClosedSocket(error)) return noAnswer(error, write);
  const isDefect =
    !(error instanceof MongoError) ||
    error instanceof MongoInvalidArgumentError ||
    error instanceof MongoCompatibilityError ||
    BSON.BSONError.isBSONError(error);
  if (isDefect) return new InternalError(error);
  // No server that can be written to, the network, a pool that is closed.
  return noAnswer(error, write);
}
