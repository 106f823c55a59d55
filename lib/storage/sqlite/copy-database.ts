import {closeSync, fdatasyncSync, openSync} from 'node:fs';
import type Database from 'better-sqlite3';

/** At 4 KiB a page: 1 MiB. */
const PAGES_PER_STEP = 256;

/**
 * Copies the database to the empty file at `path`, as it is when this begins. The transaction holds on to that moment:
 * without, SQLite would begin again whenever another connection writes.
 */
export async function copyDatabase(
  db: Database.Database,
  path: string,
  onProgress: (done: number, total: number) => void,
): Promise<void> {
  const file = openSync(path, 'r+');
  try {
    db.exec('BEGIN');
    db.prepare('SELECT count(*) FROM sqlite_schema').get();
    await db.backup(path, {
      progress: ({totalPages, remainingPages}) => {
        // Step by step: the disk would flush all of it at the end at once, and the server's commits would wait for it.
        fdatasyncSync(file);
        onProgress(totalPages - remainingPages, totalPages);
        return PAGES_PER_STEP;
      },
    });
  } finally {
    closeSync(file);
  }
}
