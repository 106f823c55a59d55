import type {Migration} from './migration.ts';
import {BIGINT, nullable, POSITION, type Table, tableSql, TEXT} from './table.ts';
import {check, neverTruncated, rule, rulesSql, type Trigger} from './trigger.ts';

const MAINTENANCE_JOB: Table = {
  name: 'maintenance_job',
  columns: {
    position: POSITION,
    id: TEXT,
    // A JSON array of names.
    steps: TEXT,
    // NULL: all scopes.
    scope: nullable(TEXT),
    created_at: BIGINT,
    // NULL: created_at.
    rotate_before: nullable(BIGINT),
    progress: nullable(TEXT),
    finished_at: nullable(BIGINT),
    failure: nullable(TEXT),
    holder: nullable(TEXT),
    lease_expires_at: nullable(BIGINT),
  },
  constraints: {
    maintenance_job_pkey: 'PRIMARY KEY (position)',
    maintenance_job_id_key: 'UNIQUE (id)',
    maintenance_job_id: `CHECK (id <> '')`,
    maintenance_job_steps: 'CHECK (json_array_length(steps::json) > 0)',
    maintenance_job_scope: `CHECK (scope <> '')`,
    maintenance_job_failure: 'CHECK (failure IS NULL OR finished_at IS NOT NULL)',
    maintenance_job_holder: `CHECK (holder <> '')`,
    maintenance_job_lease: 'CHECK ((holder IS NULL) = (lease_expires_at IS NULL))',
  },
  // At most one job is unfinished.
  indexes: {
    maintenance_job_unfinished: {
      columns: '(finished_at IS NULL)',
      where: 'finished_at IS NULL',
      unique: true,
    },
  },
};

export const JOB_TABLES: readonly Table[] = [MAINTENANCE_JOB];

export const JOB_TRIGGERS: readonly Trigger[] = [
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

export const maintenanceJobs: Migration = {
  name: 'maintenance jobs',
  sql: [...JOB_TABLES.map(tableSql), rulesSql(JOB_TRIGGERS)].join(''),
};
