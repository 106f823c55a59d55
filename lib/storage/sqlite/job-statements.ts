import type {SqliteConnection} from './connection.ts';

interface NewJobRow {
  readonly id: string;
  /** A JSON array. */
  readonly steps: string;
  readonly scope: string | null;
  readonly createdAt: number;
  readonly rotateBefore: number | null;
}

export interface JobRow extends NewJobRow {
  readonly progress: string | null;
  readonly finishedAt: number | null;
  readonly failure: string | null;
}

interface Held {
  readonly id: string;
  readonly holder: string;
}

const COLUMNS = `id, steps, scope, created_at AS createdAt, rotate_before AS rotateBefore, progress,
  finished_at AS finishedAt, failure`;
const HELD = 'id = @id AND holder = @holder AND finished_at IS NULL';

/** Everything that SqliteMaintenanceJobStore asks of the database. */
export const jobStatements = (connection: SqliteConnection) => ({
  insert: connection.prepare<[NewJobRow]>(
    `INSERT INTO maintenance_job (id, steps, scope, created_at, rotate_before)
     VALUES (@id, @steps, @scope, @createdAt, @rotateBefore)`,
  ),
  find: connection.prepare<[id: string], JobRow>(`SELECT ${COLUMNS} FROM maintenance_job WHERE id = ?`),
  listNewest: connection.prepare<[limit: number], JobRow>(
    `SELECT ${COLUMNS} FROM maintenance_job ORDER BY position DESC LIMIT ?`,
  ),
  // As its index has it: one lookup however many have finished.
  findUnfinished: connection.prepare<[], JobRow>(
    `SELECT ${COLUMNS} FROM maintenance_job WHERE (finished_at IS NULL) = 1 AND finished_at IS NULL`,
  ),
  acquire: connection.prepare<[Held & {readonly now: number; readonly expiresAt: number}]>(
    `UPDATE maintenance_job SET holder = @holder, lease_expires_at = @expiresAt
     WHERE id = @id AND finished_at IS NULL
       AND (holder IS NULL OR holder = @holder OR lease_expires_at <= @now)`,
  ),
  release: connection.prepare<[Held]>(
    `UPDATE maintenance_job SET holder = NULL, lease_expires_at = NULL WHERE ${HELD}`,
  ),
  saveProgress: connection.prepare<[Held & {readonly progress: string}]>(
    `UPDATE maintenance_job SET progress = @progress WHERE ${HELD}`,
  ),
  finish: connection.prepare<[Held & {readonly finishedAt: number; readonly failure: string | null}]>(
    `UPDATE maintenance_job
     SET finished_at = @finishedAt, failure = @failure, holder = NULL, lease_expires_at = NULL WHERE ${HELD}`,
  ),
  forgetOldest: connection.prepare<[kept: number]>(
    `DELETE FROM maintenance_job WHERE finished_at IS NOT NULL AND position <= (
       SELECT position FROM maintenance_job WHERE finished_at IS NOT NULL ORDER BY position DESC LIMIT 1 OFFSET ?
     )`,
  ),
});
