import pg, {type ClientConfig} from 'pg';
import type {StoreLog} from '../network-store-options.ts';
import {checkPrivileges, checkServer, readServerState} from './check-server.ts';
import {COLUMN_TYPES} from './column-types.ts';
import {migrate} from './migrate.ts';
import {toOpenError} from './open-error.ts';
import type {PostgresLocation} from './postgres-url.ts';

export interface DedicatedConnectionOptions {
  readonly connectTimeoutMs: number;
}

/** A connection outside of the pool, for work that takes its time. The tables beside each other are found first. */
export async function withDedicatedConnection<T>(
  config: ClientConfig,
  {connectTimeoutMs}: DedicatedConnectionOptions,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({
    ...config,
    types: COLUMN_TYPES,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
  });
  // What is under way then tells of it.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end();
  }
}

const PIN_SCHEMA = `SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', false),
  set_config('statement_timeout', '0', false), set_config('synchronous_commit', 'on', false)`;

/**
 * Looks whether the database can be used, and brings its schema to this release's version. An up-to-date one is only read.
 * @throws StoreOpenError
 */
export async function openDatabase(
  {config, server, exposure}: PostgresLocation,
  {timeoutMs, log}: {readonly timeoutMs: number; readonly log?: StoreLog | undefined},
): Promise<void> {
  if (exposure === 'plain') log?.warn({server}, 'The connections to the store are not encrypted (sslmode).');
  if (exposure === 'unauthenticated') {
    log?.warn({server}, 'The server of the store is not authenticated: sslmode=verify-full does that.');
  }
  try {
    await withDedicatedConnection(config, {connectTimeoutMs: timeoutMs}, async (client) => {
      checkServer(await readServerState(client), log);
      await client.query(PIN_SCHEMA);
      await migrate(client);
      await checkPrivileges(client);
    });
  } catch (error) {
    throw toOpenError(error, server);
  }
}
