import {closeSync, openSync} from 'node:fs';
import {setTimeout as sleep} from 'node:timers/promises';
import type {Database as Lock} from 'better-sqlite3';
import {errorCode} from '../error-code.ts';

const RETRY_MS = 20;
const PATIENCE_MS = 30_000;

/**
 * Runs `work` while no other process that uses the same file runs its own. The kernel drops the lock with the process
 * (as admin/data-directory-lock.ts has it).
 */
export async function withLoginLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  createFile(path);
  const db = await lock(path);
  try {
    return await work();
  } finally {
    db.close();
  }
}

/** An existing file is not opened: closing it would drop a lock that this process holds on it. */
function createFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}

async function lock(path: string): Promise<Lock> {
  // Native code: not loaded where there is no token.
  const {default: Database} = await import('better-sqlite3');
  const givesUpAt = performance.now() + PATIENCE_MS;
  for (;;) {
    const db = new Database(path, {timeout: 0, fileMustExist: true});
    try {
      db.pragma('journal_mode = MEMORY');
      db.exec('BEGIN EXCLUSIVE');
      return db;
    } catch (error) {
      db.close();
      const busy = error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY');
      if (!busy || performance.now() > givesUpAt) throw error;
    }
    await sleep(RETRY_MS);
  }
}
