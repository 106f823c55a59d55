import {KEY_HIERARCHY_RULES} from './migrations/0001-key-hierarchy-rules.ts';
import {KEY_HIERARCHY_TABLES} from './migrations/0001-key-hierarchy.ts';
import {KEYSTORE_TABLES, KEYSTORE_TRIGGERS} from './migrations/0002-keystores.ts';
import {JOB_TABLES, JOB_TRIGGERS} from './migrations/0003-maintenance-jobs.ts';
import {MARK_TABLES, MARK_TRIGGERS} from './migrations/0004-store-mark.ts';
import type {Table} from './migrations/table.ts';
import type {Trigger} from './migrations/trigger.ts';

/** All that this release has in a database, but for the table of migrations. */
export const ALL_TABLES: readonly Table[] = [
  ...KEY_HIERARCHY_TABLES,
  ...KEYSTORE_TABLES,
  ...JOB_TABLES,
  ...MARK_TABLES,
];

export const ALL_TRIGGERS: readonly Trigger[] = [
  ...KEY_HIERARCHY_RULES,
  ...KEYSTORE_TRIGGERS,
  ...JOB_TRIGGERS,
  ...MARK_TRIGGERS,
];
