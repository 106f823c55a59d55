import Database from 'better-sqlite3';
import {DuplicateError, InternalError, KmsError, UnavailableError} from '../../errors.ts';

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

/** `SQLITE_IOERR_FSYNC` → `IOERR`; undefined where the driver did not get it from SQLite. */
function primaryCode(error: unknown): string | undefined {
  return error instanceof Database.SqliteError ? error.code.split('_')[1] : undefined;
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

/** What callers of a store see of an error in it. The driver's own error is the `cause`. */
export function toKmsError(error: unknown): KmsError {
  if (error instanceof KmsError) return error;
  const code = primaryCode(error);
  if (code === undefined || !(error instanceof Database.SqliteError)) return new InternalError(error);
  if (UNIQUE_VIOLATIONS.has(error.code)) {
    return new DuplicateError('A record with that identity exists.', {cause: error});
  }
  if (DEFECTS.has(code)) return new InternalError(error);
  // Busy, locked, I/O, full, read-only, out of memory, damaged, and whatever comes with later versions.
  return new UnavailableError('The store cannot be used now.', {cause: error});
}
