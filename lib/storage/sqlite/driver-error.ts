import {DuplicateError, InternalError, UnavailableError} from '../../errors.ts';
import {isStoreError, type StoreError, triggerRefusal} from '../store-error.ts';

const UNIQUE_VIOLATIONS: ReadonlySet<string> = new Set([
  'SQLITE_CONSTRAINT_PRIMARYKEY',
  'SQLITE_CONSTRAINT_ROWID',
  'SQLITE_CONSTRAINT_UNIQUE',
]);
/** Primary result codes that tell of a statement or value which the code should never have sent. */
const DEFECTS: ReadonlySet<string> = new Set([
  'CONSTRAINT',
  'ERROR',
  'MISMATCH',
  'MISUSE',
  'RANGE',
  'TOOBIG',
]);

/** What the driver got from SQLite. Known by its form: an application may use another copy of the driver. */
interface SqliteError extends Error {
  readonly code: string;
}

function isSqliteError(error: unknown): error is SqliteError {
  return (
    error instanceof Error &&
    error.name === 'SqliteError' &&
    'code' in error &&
    typeof error.code === 'string' &&
    error.code.startsWith('SQLITE_')
  );
}

/** `SQLITE_IOERR_FSYNC` → `IOERR`; undefined where the driver did not get it from SQLite. */
function primaryCode(error: unknown): string | undefined {
  return isSqliteError(error) ? error.code.split('_')[1] : undefined;
}

/** Another connection holds the lock that was needed; nothing was done. */
export function isBusy(error: unknown): boolean {
  const code = primaryCode(error);
  return code === 'BUSY' || code === 'LOCKED';
}

/** The file's content is not what SQLite wrote. */
export function isDamage(error: unknown): boolean {
  const code = primaryCode(error);
  return code === 'CORRUPT' || code === 'NOTADB';
}

/**
 * A foreign key was violated: a row was deleted that others name, or one written that names none. SQLite tells of a
 * RESTRICT as of a trigger.
 */
export function isForeignKeyViolation(error: unknown): boolean {
  if (!isSqliteError(error)) return false;
  return (
    error.code === 'SQLITE_CONSTRAINT_FOREIGNKEY' ||
    (error.code === 'SQLITE_CONSTRAINT_TRIGGER' && error.message === 'FOREIGN KEY constraint failed')
  );
}

/** What callers of a store see of an error in it. The driver's own error is the `cause`. */
export function toStoreError(error: unknown): StoreError {
  if (isStoreError(error)) return error;
  if (!isSqliteError(error)) return new InternalError(error);
  if (UNIQUE_VIOLATIONS.has(error.code)) {
    return new DuplicateError('A record with that identity exists.', {cause: error});
  }
  const refusal =
    error.code === 'SQLITE_CONSTRAINT_TRIGGER' ? triggerRefusal(error.message, error) : undefined;
  if (refusal) return refusal;
  if (DEFECTS.has(primaryCode(error) ?? '')) return new InternalError(error);
  // Busy, locked, I/O, full, read-only, out of memory, damaged, and whatever comes with later versions.
  return new UnavailableError('The store cannot be used now.', {cause: error});
}
