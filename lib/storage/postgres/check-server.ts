import type {ClientBase} from 'pg';
import type {StoreLog} from '../network-store-options.ts';
import {StoreOpenError} from '../store-open-error.ts';
import {ALL_TABLES} from './schema-tables.ts';
import {boolean, integer, type Row, text, textOrNull} from './row.ts';

const OLDEST = 140_000;

export interface ServerState {
  /** E.g. 150004. */
  readonly version: number;
  readonly encoding: string;
  /** A standby, or a session that is set to read only. */
  readonly readsOnly: boolean;
  /** null: the user can use none of the search path. */
  readonly schema: string | null;
  readonly flushes: boolean;
}

const READ_STATE = `SELECT current_setting('server_version_num')::integer AS version,
  current_setting('server_encoding') AS encoding, current_schema()::text AS schema,
  pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean AS reads_only,
  current_setting('fsync')::boolean AND current_setting('full_page_writes')::boolean AS flushes`;

export async function readServerState(client: ClientBase): Promise<ServerState> {
  const [row = {}] = (await client.query<Row>(READ_STATE)).rows;
  return {
    version: integer(row, 'version'),
    encoding: text(row, 'encoding'),
    readsOnly: boolean(row, 'reads_only'),
    schema: textOrNull(row, 'schema'),
    flushes: boolean(row, 'flushes'),
  };
}

/** @param server host and port. @throws StoreOpenError where the store's promises would not hold on such a server */
export function checkServer(
  {version, encoding, readsOnly, schema, flushes}: ServerState,
  server: string,
  log?: StoreLog,
): void {
  const refuse = (problem: string): never => {
    throw new StoreOpenError(
      'ERR_STORE_UNSUPPORTED',
      `The database server ${server} that WEBKMS_STORAGE names ${problem}.`,
    );
  };
  if (version < OLDEST)
    refuse(`is PostgreSQL ${Math.floor(version / 10_000)}: the oldest that is known to work is 14`);
  if (readsOnly) refuse('takes no writes: name the primary');
  if (encoding !== 'UTF8') refuse(`keeps this database in ${encoding}: make one with ENCODING 'UTF8'`);
  if (schema === null) {
    throw new StoreOpenError(
      'ERR_STORE_PRIVILEGES',
      'The user that WEBKMS_STORAGE names can use no schema of the database: see its search_path, and grant USAGE.',
    );
  }
  if (!flushes)
    log?.warn({}, 'The database server has fsync or full_page_writes off: a loss of power can lose all.');
}

/** What each table is asked for. */
const FIND_MISSING = `SELECT c.relname AS name FROM pg_class c
  WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())
    AND c.relname = ANY ($1) AND c.relkind = 'r'
    AND NOT (has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT')
      AND has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE'))
  ORDER BY c.relname`;

/** @throws StoreOpenError */
export async function checkPrivileges(client: ClientBase): Promise<void> {
  const {rows} = await client.query<Row>(FIND_MISSING, [ALL_TABLES.map(({name}) => name)]);
  if (rows.length === 0) return;
  throw new StoreOpenError(
    'ERR_STORE_PRIVILEGES',
    'The user that WEBKMS_STORAGE names needs SELECT, INSERT, UPDATE and DELETE on ' +
      `${rows.map((row) => text(row, 'name')).join(', ')}.`,
  );
}
