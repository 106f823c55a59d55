import type {ClientBase} from 'pg';
import {StoreOpenError} from '../store-open-error.ts';
import {integer, type Row} from './row.ts';

async function processOf(client: ClientBase): Promise<number> {
  const [row = {}] = (await client.query<Row>('SELECT pg_backend_pid() AS process')).rows;
  return integer(row, 'process');
}

/**
 * A pooler that gives one session of the server to several clients in turn loses what sessions are set to: how commits are
 * made durable, that the server is the primary, prepared statements. While there is little to do, it shows it so.
 * @throws StoreOpenError
 */
export async function requireOwnSessions(client: ClientBase, other: ClientBase): Promise<void> {
  if ((await processOf(client)) !== (await processOf(other))) return;
  throw new StoreOpenError(
    'ERR_STORE_UNSUPPORTED',
    'The database server that WEBKMS_STORAGE names is behind a pooler that gives one session to several clients: set it to ' +
      'session mode (PgBouncer: pool_mode = session).',
  );
}
