import {DatabaseError} from 'pg';
import {errorCode} from '../../error-code.ts';
import {
  DuplicateError,
  InternalError,
  MalformedRequestError,
  OutcomeUnknownError,
  UnavailableError,
} from '../../errors.ts';
import {isStoreError, type StoreError, triggerRefusal} from '../store-error.ts';

const UNIQUE_VIOLATION = '23505';
/** A row was written that names none, or (RESTRICT, since PostgreSQL 18 with a code of its own) one deleted that is named. */
const FOREIGN_KEY_VIOLATIONS: ReadonlySet<string> = new Set(['23001', '23503']);
const RAISED = 'P0001';
/** Of text: all that is sent is Unicode, so it is the one character that the server has no place for. */
const CHARACTER = '22021';
/** Serialization failure, deadlock: the server chose this transaction to give way. */
const CONFLICTS: ReadonlySet<string> = new Set(['40001', '40P01']);
const STATEMENT_COMPLETION_UNKNOWN = '40003';
/** Idle for too long in a transaction; and, since PostgreSQL 17, in one for too long. The server ends the connection. */
const TRANSACTION_TIMEOUTS: ReadonlySet<string> = new Set(['25P03', '25P04']);
const READ_ONLY = '25006';

/** Statements or values that the code should never have sent: data exceptions, constraints, names, rights, states. */
const DEFECT_CLASSES: ReadonlySet<string> = new Set([
  '21',
  '22',
  '23',
  '25',
  '2B',
  '34',
  '3F',
  '42',
  '44',
  '54',
  'P0',
]);
/** Of these classes, what says something of the server's state: read only, ended, a privilege that was taken away. */
const NOT_DEFECTS: ReadonlySet<string> = new Set([READ_ONLY, ...TRANSACTION_TIMEOUTS, '42501']);
/** The server refused the statement and goes on: what it was to do was not done. Classes of SQLSTATE. */
const REFUSAL_CLASSES: ReadonlySet<string> = new Set([...DEFECT_CLASSES, '0A', '26', '40', '53', '55']);
const QUERY_CANCELED = '57014';

/** Prepared statements that are gone, or that gave other columns when they were prepared. */
const STALE_STATEMENTS: ReadonlySet<string> = new Set(['0A000', '26000']);

function codeOf(error: unknown): string | undefined {
  return error instanceof DatabaseError ? error.code : undefined;
}

/** Two transactions met, and this one was undone: it can be run again. */
export function isConflict(error: unknown): boolean {
  return CONFLICTS.has(codeOf(error) ?? '');
}

/** A foreign key was violated: a row was deleted that others name, or one written that names none. Also of a StoreError. */
export function isForeignKeyViolation(error: unknown): boolean {
  const cause = error instanceof InternalError ? error.cause : error;
  return FOREIGN_KEY_VIOLATIONS.has(errorCode(cause) ?? '');
}

/** Whether the server itself said that it did not do it, and did not end the connection with that. */
export function isRefusal(error: unknown): boolean {
  const code = codeOf(error);
  if (code === undefined || code === STATEMENT_COMPLETION_UNKNOWN || TRANSACTION_TIMEOUTS.has(code))
    return false;
  return code === QUERY_CANCELED || REFUSAL_CLASSES.has(code.slice(0, 2));
}

/** Whether the connection can be used on after this. A server that only reads may be one that is not the primary any more. */
export function isUsableAfter(error: unknown): boolean {
  const code = codeOf(error);
  if (code === undefined) return !isLost(error) && !(error instanceof UnavailableError);
  return isRefusal(error) && code !== READ_ONLY && !STALE_STATEMENTS.has(code);
}

/** Errors without a code of the server: of the socket, or the driver's own, which tells of a closed connection by its words. */
function isLost(error: unknown): boolean {
  return (
    error instanceof Error &&
    !isStoreError(error) &&
    !(error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError)
  );
}

/** The driver's error, without the values that the server quotes in it. */
export function withoutValues(error: unknown): unknown {
  if (!(error instanceof DatabaseError)) return error;
  const {message, code, constraint, table, routine} = error;
  return Object.assign(new Error(message), {code, constraint, table, routine});
}

/** What went wrong, for a log. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? `${String(error.code)} ` : '';
  return `${code}${error instanceof Error ? error.message : 'unknown'}`.trim();
}

/** What callers of a store see of an error in it, where it certainly did not happen. */
export function toStoreError(error: unknown): StoreError {
  if (isStoreError(error)) return error;
  const cause = withoutValues(error);
  const code = codeOf(error);
  if (code === UNIQUE_VIOLATION) return new DuplicateError('A record with that identity exists.', {cause});
  if (code === CHARACTER) {
    return new MalformedRequestError('The character U+0000 cannot be stored.', {cause});
  }
  if (code === RAISED && error instanceof Error) {
    return triggerRefusal(error.message, cause) ?? new InternalError(cause);
  }
  const isDefect =
    code === undefined ? !isLost(error) : DEFECT_CLASSES.has(code.slice(0, 2)) && !NOT_DEFECTS.has(code);
  // Connections, resources, time-outs, shut-downs, and whatever comes with later versions.
  return isDefect ? new InternalError(cause) : new UnavailableError('The store cannot be used now.', {cause});
}

/** The driver's words for a connection that was known to be lost before. */
const wasSent = (error: unknown): boolean =>
  !(error instanceof Error && error.message.endsWith('is not queryable'));

/** As `toStoreError`, of a write that had been sent: unless the server refused it, nobody knows. */
export function toWriteError(error: unknown): StoreError {
  if (isStoreError(error) || isRefusal(error) || !wasSent(error)) return toStoreError(error);
  return new OutcomeUnknownError('The store did not say whether the change was made.', {
    cause: withoutValues(error),
  });
}
