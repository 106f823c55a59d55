import {parentPort, workerData} from 'node:worker_threads';
import Database from 'better-sqlite3';
import {copyDatabase} from './copy-database.ts';
import type {DatabaseTask, DatabaseTaskMessage} from './database-task.ts';
import {verifyDatabase} from './verify-database.ts';

/** What this thread waits for a lock; nothing but the task waits with it. */
const BUSY_TIMEOUT_MS = 5000;

const post = (message: DatabaseTaskMessage): void => parentPort?.postMessage(message);

async function perform(task: DatabaseTask): Promise<readonly string[]> {
  const db = new Database(task.database, {fileMustExist: true, timeout: BUSY_TIMEOUT_MS});
  try {
    // Not opened for reading only: SQLite would leave the CHECK constraints out of what it verifies.
    db.pragma('query_only = ON');
    db.pragma('trusted_schema = OFF');
    if (task.kind === 'verify') return verifyDatabase(db);
    await copyDatabase(db, task.path, (done, total) => post({done, total}));
    return [];
  } finally {
    db.close();
  }
}

try {
  post({result: await perform(workerData as DatabaseTask)});
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  post({message, ...(error instanceof Database.SqliteError && {code: error.code})});
}
