import type {Migration} from './migration.ts';

const JOBS = `
CREATE TABLE maintenance_job (
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE CHECK (id <> ''),
  -- A JSON array of names.
  steps TEXT NOT NULL CHECK (json_type(steps) = 'array' AND json_array_length(steps) > 0),
  -- NULL: all scopes.
  scope TEXT CHECK (scope <> ''),
  created_at INTEGER NOT NULL,
  -- NULL: created_at.
  rotate_before INTEGER,
  progress TEXT,
  finished_at INTEGER,
  failure TEXT CHECK (failure IS NULL OR finished_at IS NOT NULL),
  holder TEXT CHECK (holder <> ''),
  lease_expires_at INTEGER,
  CHECK ((holder IS NULL) = (lease_expires_at IS NULL))
) STRICT;
-- At most one job is unfinished.
CREATE UNIQUE INDEX maintenance_job_unfinished ON maintenance_job (finished_at IS NULL) WHERE finished_at IS NULL;

CREATE TRIGGER maintenance_job_identity BEFORE UPDATE ON maintenance_job
WHEN NEW.position <> OLD.position OR NEW.id <> OLD.id OR NEW.steps <> OLD.steps OR NEW.scope IS NOT OLD.scope
  OR NEW.created_at <> OLD.created_at OR NEW.rotate_before IS NOT OLD.rotate_before OR OLD.finished_at IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'maintenance_job: what it is to do is immutable, and all of a finished one'); END;
`;

export const maintenanceJobs: Migration = {name: 'maintenance jobs', sql: JOBS};
