import {closeSync, openSync} from 'node:fs';
import {resolve} from 'node:path';
import Database from 'better-sqlite3';
import {errorCode} from '../../error-code.ts';
import {isDamage} from './driver-error.ts';
import {migrate, schemaVersion} from './migrate.ts';
import {retryWhileBusy} from './retry-while-busy.ts';
import {StoreOpenError} from '../store-open-error.ts';

/** How long SQLite may sleep for a lock, and the event loop with it; what is longer is waited for outside of it. */
const BLOCKING_TIMEOUT_MS = 5;

const CONNECTION_PRAGMAS = [
  'foreign_keys = ON',
  'synchronous = FULL',
  // Nothing in the file can make SQLite call functions that have side effects.
  'trusted_schema = OFF',
  'cell_size_check = ON',
  // Deleted rows are overwritten with zeros.
  'secure_delete = ON',
  'journal_size_limit = 67108864',
  // What a savepoint may have to take back stays in memory, where it is more than 64 KiB, too.
  'temp_store = MEMORY',
  // KiB: the pages of a working set among millions of keys. Memory is taken as it is needed.
  'cache_size = -32768',
];

/**
 * Creates the file if there is none. SQLite gives its -wal and -shm files the same mode.
 * An existing file is not even opened: closing it here would drop the locks that SQLite holds on it in this process.
 */
function createFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}

function connect(path: string): Database.Database {
  createFile(path);
  const db = new Database(path, {timeout: BLOCKING_TIMEOUT_MS, fileMustExist: true});
  try {
    for (const pragma of CONNECTION_PRAGMAS) db.pragma(pragma);
    // Before anything is written: a file that is not ours stays as it is.
    schemaVersion(db);
    const journal = db.pragma('journal_mode = WAL', {simple: true});
    if (journal !== 'wal') throw new Error('its file system has no shared memory for a write-ahead log');
    migrate(db);
    // What a flush failed for may be in the log, and not on the disk: what comes after it would be lost with it. Not while others use it.
    db.pragma('wal_checkpoint(TRUNCATE)');
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * Opens, or creates with mode 0600, the database at `path`, with this release's schema.
 * @throws StoreOpenError
 */
export async function openDatabase(path: string, busyTimeoutMs: number): Promise<Database.Database> {
  const file = resolve(path);
  // The driver opens the trimmed name, which would be another file than the one created here.
  if (file.trim() !== file) {
    throw new StoreOpenError(
      'ERR_STORE_UNREACHABLE',
      `The name of ${file} ends with white space. Rename it.`,
    );
  }
  try {
    return await retryWhileBusy(() => connect(file), busyTimeoutMs);
  } catch (error) {
    if (error instanceof StoreOpenError) throw error;
    if (isDamage(error)) {
      const message = `${file} is not an SQLite database, or is damaged. Move it away and restore a backup.`;
      throw new StoreOpenError('ERR_STORE_DAMAGED', message, {cause: error});
    }
    const reason = error instanceof Error ? error.message : String(error);
    const message = `${file} cannot be used: ${reason}. Check its directory, owner, mode and free space.`;
    throw new StoreOpenError('ERR_STORE_UNREACHABLE', message, {cause: error});
  }
}
