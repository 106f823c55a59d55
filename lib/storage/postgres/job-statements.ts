import {statement} from './statement.ts';

const COLUMNS = 'id, steps, scope, created_at, rotate_before, progress, finished_at, failure';
const HELD = 'id = $1 AND holder = $2 AND finished_at IS NULL';

/** Everything that PostgresMaintenanceJobStore asks of the database. */
export const JOB_SQL = {
  insert: statement(
    'INSERT INTO maintenance_job (id, steps, scope, created_at, rotate_before) VALUES ($1, $2, $3, $4, $5)',
  ),
  find: statement(`SELECT ${COLUMNS} FROM maintenance_job WHERE id = $1`),
  listNewest: statement(`SELECT ${COLUMNS} FROM maintenance_job ORDER BY position DESC LIMIT $1`),
  // As its index has it: one row, however many have finished.
  findUnfinished: statement(`SELECT ${COLUMNS} FROM maintenance_job WHERE finished_at IS NULL`),
  acquire: statement(
    `UPDATE maintenance_job SET holder = $2, lease_expires_at = $4
     WHERE id = $1 AND finished_at IS NULL AND (holder IS NULL OR holder = $2 OR lease_expires_at <= $3)`,
  ),
  release: statement(`UPDATE maintenance_job SET holder = NULL, lease_expires_at = NULL WHERE ${HELD}`),
  saveProgress: statement(`UPDATE maintenance_job SET progress = $3 WHERE ${HELD}`),
  finish: statement(
    `UPDATE maintenance_job
     SET finished_at = $3, failure = $4, holder = NULL, lease_expires_at = NULL WHERE ${HELD}`,
  ),
  forgetOldest: statement(
    `DELETE FROM maintenance_job WHERE finished_at IS NOT NULL AND position <= (
       SELECT position FROM maintenance_job WHERE finished_at IS NOT NULL ORDER BY position DESC LIMIT 1 OFFSET $1
     )`,
  ),
} as const;
