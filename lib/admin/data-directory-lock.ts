import {closeSync, existsSync, openSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import Database from 'better-sqlite3';
import {errorCode} from '../error-code.ts';

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
/** Longer than requests in flight take; not as long as a service manager waits. */
const WORKERS_TIMEOUT_MS = 15_000;
const RETRY_MS = 50;

const LOCK = 'lock';
const WORKERS_LOCK = 'lock-workers';

/** The driver closes a connection that nothing refers to any more, and the lock would be gone. */
const held = new Set<Database.Database>();

/** An existing file is not opened: closing it here would drop the lock that this process may hold on it. */
function createFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}

/** @param mode `EXCLUSIVE`, or `SHARED`: with others who share it. */
function lock(path: string, mode: 'EXCLUSIVE' | 'SHARED'): Database.Database {
  createFile(path);
  const db = new Database(path, {timeout: BUSY_TIMEOUT_MS, fileMustExist: true});
  try {
    // Nothing is ever written: the file stays empty, and no journal lies beside it.
    db.pragma('journal_mode = MEMORY');
    if (mode === 'EXCLUSIVE') {
      db.exec('BEGIN EXCLUSIVE');
    } else {
      db.exec('BEGIN DEFERRED');
      // Reading takes it, and the transaction keeps it.
      db.prepare('SELECT count(*) FROM sqlite_schema').get();
    }
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** @throws DataDirectoryInUseError with what is said of the other one */
function hold(path: string, mode: 'EXCLUSIVE' | 'SHARED', inUse: string): DataDirectoryLock {
  try {
    const db = lock(path, mode);
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
    throw new DataDirectoryInUseError(inUse, {cause: error});
  }
}

/**
 * Takes the data directory for this process, which has it until it lets go or ends, however it ends: the kernel drops
 * the lock with the process. Node.js has no call for a lock on a file; SQLite, which the server has anyway, holds one
 * on an open transaction. The file `lock` stays when the lock is gone, and is never to be deleted.
 *
 * A server of several processes is one that has the lock, and its workers, which share that of the file `lock-workers`:
 * workers that have lost their server still answer what they were asked, for a moment. They are waited for.
 * @param workersTimeoutMs how long
 * @throws DataDirectoryInUseError, within a quarter of a second, where another has it, in this process or in another.
 * @throws Error where the file cannot be made or opened, or holds something else.
 */
export async function acquireDataDirectoryLock(
  dataDir: string,
  {workersTimeoutMs = WORKERS_TIMEOUT_MS}: {readonly workersTimeoutMs?: number} = {},
): Promise<DataDirectoryLock> {
  const directory = resolve(dataDir);
  const own = hold(join(directory, LOCK), 'EXCLUSIVE', `${directory} is in use by another process.`);
  try {
    await waitForWorkers(directory, workersTimeoutMs);
    return own;
  } catch (error) {
    own.release();
    throw error;
  }
}

/** Says that this process is a worker of the server that has the data directory. @throws as `acquireDataDirectoryLock` */
export function shareDataDirectory(dataDir: string): DataDirectoryLock {
  const directory = resolve(dataDir);
  return hold(join(directory, WORKERS_LOCK), 'SHARED', `${directory} is being taken by another process.`);
}

async function waitForWorkers(directory: string, timeoutMs: number): Promise<void> {
  const path = join(directory, WORKERS_LOCK);
  // Where there never were any, there is nothing to look at.
  if (!existsSync(path)) return;
  const givesUpAt = performance.now() + timeoutMs;
  for (;;) {
    try {
      const message = `${directory} is in use by workers of a server that is no more: they still finish what they were asked.`;
      hold(path, 'EXCLUSIVE', message).release();
      return;
    } catch (error) {
      if (!(error instanceof DataDirectoryInUseError) || performance.now() > givesUpAt) throw error;
    }
    await delay(RETRY_MS);
  }
}
