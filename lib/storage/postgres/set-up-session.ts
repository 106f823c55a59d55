import type {ClientBase} from 'pg';
import {UnavailableError} from '../../errors.ts';

/** Parts of the time that an operation has: the server gives up first, so that it is known what did not happen. */
const STATEMENT_SHARE = 0.9;
const LOCK_SHARE = 0.8;

/**
 * Every statement of a store is served by an index, and planned once: what is best while
 * tables are small, to read all of them, must not be done when they are large.
 */
const UNPLANNED = ['seqscan', 'bitmapscan', 'hashjoin', 'mergejoin', 'incremental_sort'];

/**
 * What a connection is set to, whatever the server, the database and the role have by default.
 * Commits are on the disk before they are answered, and on those of the standbys that the server names. That one was not waited
 * for is told in a warning, which is not to be left out. What is compiled for a statement of a millisecond costs more than it saves.
 * All of it is set here and not as the connection begins: poolers refuse parameters that they do not know.
 */
const SET_UP = `SELECT
  set_config('statement_timeout', $1, false),
  set_config('lock_timeout', $2, false),
  set_config('idle_in_transaction_session_timeout', $3, false),
  set_config('search_path', quote_ident(current_schema()) || ', pg_temp', false),
  set_config('default_transaction_isolation', 'read committed', false),
  set_config('synchronous_commit', CASE WHEN current_setting('synchronous_commit') = 'remote_apply'
    THEN 'remote_apply' ELSE 'on' END, false),
  set_config('client_min_messages', 'notice', false),
  set_config('plan_cache_mode', 'force_generic_plan', false),
  ${UNPLANNED.map((way) => `set_config('enable_${way}', 'off', false)`).join(',\n  ')},
  set_config('jit', 'off', false),
  set_config('bytea_output', 'hex', false),
  current_schema() IS NULL AS schemaless,
  pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean AS read_only`;

/** @throws UnavailableError where the server only reads: one that is not the primary (any more). */
export async function setUpSession(client: ClientBase, timeoutMs: number): Promise<void> {
  const share = (part: number): string => String(Math.max(1, Math.floor(timeoutMs * part)));
  const {rows} = await client.query<{readonly schemaless: unknown; readonly read_only: unknown}>({
    text: SET_UP,
    values: [share(STATEMENT_SHARE), share(LOCK_SHARE), share(1)],
    // Of the driver; its types lack it for a single statement.
    ...{query_timeout: timeoutMs},
  });
  const [state] = rows;
  if (state?.read_only !== false) throw new UnavailableError('The database server takes no writes now.');
  if (state.schemaless !== false)
    throw new UnavailableError('The schema of the database cannot be used now.');
}
