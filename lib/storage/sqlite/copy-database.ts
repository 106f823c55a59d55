import type Database from 'better-sqlite3';

/** At 4 KiB a page: 4 MiB, between which the thread can be told to end. */
const PAGES_PER_STEP = 1024;

/**
 * Copies the database to the empty file at `path`, as it is when this begins. The transaction holds on to that moment:
 * without, SQLite would begin again whenever another connection writes.
 */
export async function copyDatabase(
  db: Database.Database,
  path: string,
  onProgress: (done: number, total: number) => void,
): Promise<void> {
  db.exec('BEGIN');
  db.prepare('SELECT count(*) FROM sqlite_schema').get();
  await db.backup(path, {
    progress: ({totalPages, remainingPages}) => {
      onProgress(totalPages - remainingPages, totalPages);
      return PAGES_PER_STEP;
    },
  });
}
