import type {Migration} from './migration.ts';
import {BIGINT, INTEGER, nullable, type Table, tableSql, TEXT} from './table.ts';
import {neverTruncated, rulesSql, type Trigger} from './trigger.ts';

/** What a move to or from another store has made of this one: at most one row. */
const STORE_MARK: Table = {
  name: 'store_mark',
  columns: {
    id: INTEGER,
    state: TEXT,
    move_id: TEXT,
    // The other store, without a secret.
    other: TEXT,
    since: BIGINT,
    progress: nullable(TEXT),
  },
  constraints: {
    store_mark_pkey: 'PRIMARY KEY (id)',
    store_mark_only_row: 'CHECK (id = 1)',
    store_mark_state: `CHECK (state = ANY (ARRAY['filling', 'whole', 'moving', 'moved']))`,
    store_mark_move_id: `CHECK (move_id <> '')`,
    store_mark_other: `CHECK (other <> '')`,
    store_mark_progress: `CHECK (progress IS NULL OR state = 'filling')`,
  },
};

export const MARK_TABLES: readonly Table[] = [STORE_MARK];

export const MARK_TRIGGERS: readonly Trigger[] = [neverTruncated('store_mark')];

export const storeMark: Migration = {
  name: 'store mark',
  sql: [...MARK_TABLES.map(tableSql), rulesSql(MARK_TRIGGERS)].join(''),
};
