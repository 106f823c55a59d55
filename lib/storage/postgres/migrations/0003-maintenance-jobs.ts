import type {Migration} from './migration.ts';
import {check, neverTruncated, rule, rulesSql} from './trigger.ts';

const JOBS = `
CREATE TABLE maintenance_job (
  position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id text COLLATE "C" NOT NULL UNIQUE CHECK (id <> ''),
  -- A JSON array of names.
  steps text COLLATE "C" NOT NULL CHECK (json_array_length(steps::json) > 0),
  -- NULL: all scopes.
  scope text COLLATE "C" CHECK (scope <> ''),
  created_at bigint NOT NULL,
  -- NULL: created_at.
  rotate_before bigint,
  progress text COLLATE "C",
  finished_at bigint,
  failure text COLLATE "C" CHECK (failure IS NULL OR finished_at IS NOT NULL),
  holder text COLLATE "C" CHECK (holder <> ''),
  lease_expires_at bigint,
  CHECK ((holder IS NULL) = (lease_expires_at IS NULL))
);
-- At most one job is unfinished.
CREATE UNIQUE INDEX maintenance_job_unfinished ON maintenance_job ((finished_at IS NULL)) WHERE finished_at IS NULL;
`;

const RULES = [
  rule({
    name: 'maintenance_job_identity',
    table: 'maintenance_job',
    at: 'BEFORE ROW',
    events: ['UPDATE'],
    body: check([
      `NEW.position <> OLD.position OR NEW.id <> OLD.id OR NEW.steps <> OLD.steps
    OR NEW.scope IS DISTINCT FROM OLD.scope OR NEW.created_at <> OLD.created_at
    OR NEW.rotate_before IS DISTINCT FROM OLD.rotate_before OR OLD.finished_at IS NOT NULL`,
      'maintenance_job: what it is to do is immutable, and all of a finished one',
    ]),
  }),
  neverTruncated('maintenance_job'),
];

export const maintenanceJobs: Migration = {name: 'maintenance jobs', sql: JOBS + rulesSql(RULES)};
