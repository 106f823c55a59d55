import {closeSync, openSync} from 'node:fs';
import {join, resolve} from 'node:path';
import Database from 'better-sqlite3';

/** Another process (a running server, or a command that works on the store itself) has the data directory. */
export class DataDirectoryInUseError extends Error {
  override readonly name = 'DataDirectoryInUseError';
  readonly code = 'ERR_DATA_DIRECTORY_IN_USE';
}

export interface DataDirectoryLock {
  /** Lets others have the directory. Doing it again does nothing. */
  release(): void;
}

/**
 * Who asks holds a lesser lock for a moment, which keeps others from the whole one: without patience two that start at
 * once would both be refused, and a server that starts while a command asks.
 */
const BUSY_TIMEOUT_MS = 250;

/** The driver closes a connection that nothing refers to any more, and the lock would be gone. */
const held = new Set<Database.Database>();

/** An existing file is not opened: closing it here would drop the lock that this process may hold on it. */
function createFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}

function lock(path: string): Database.Database {
  createFile(path);
  const db = new Database(path, {timeout: BUSY_TIMEOUT_MS, fileMustExist: true});
  try {
    // Nothing is ever written: the file stays empty, and no journal lies beside it.
    db.pragma('journal_mode = MEMORY');
    db.exec('BEGIN EXCLUSIVE');
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * Takes the data directory for this process, which has it until it lets go or ends, however it ends: the kernel drops
 * the lock with the process. Node.js has no call for a lock on a file; SQLite, which the server has anyway, holds one
 * on an open transaction. The file `lock` stays when the lock is gone, and is never to be deleted.
 * @throws DataDirectoryInUseError, within a quarter of a second, where another has it, in this process or in another.
 * @throws Error where the file cannot be made or opened, or holds something else.
 */
export async function acquireDataDirectoryLock(dataDir: string): Promise<DataDirectoryLock> {
  const path = join(resolve(dataDir), 'lock');
  try {
    const db = lock(path);
    held.add(db);
    return {
      release: () => {
        held.delete(db);
        db.close();
      },
    };
  } catch (error) {
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_CANTOPEN')) {
      throw new Error(`${path} cannot be opened: look at its permissions, and at the length of its path.`, {
        cause: error,
      });
    }
    if (!(error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY'))) throw error;
    const message = `${resolve(dataDir)} is in use by another process.`;
    throw new DataDirectoryInUseError(message, {cause: error});
  }
}
