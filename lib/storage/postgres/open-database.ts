import pg from 'pg';
import type {StoreLog} from '../network-store-options.ts';
import type {StoreOpenError} from '../store-open-error.ts';
import {checkPrivileges, checkServer, readServerState} from './check-server.ts';
import {COLUMN_TYPES} from './column-types.ts';
import {migrate} from './migrate.ts';
import {noneOf, toOpenError} from './open-error.ts';
import {requireOwnSessions} from './own-session.ts';
import type {PostgresLocation} from './postgres-url.ts';
import {nameOf} from './servers.ts';
import {setStartupParameters} from './startup-parameters.ts';

export interface DedicatedConnectionOptions {
  /** For each server. */
  readonly connectTimeoutMs: number;
  readonly log?: StoreLog | undefined;
}

/**
 * A connection outside of the pool, for work that takes its time, to the first of the servers that takes writes.
 * @throws StoreOpenError where there is none, besides what `work` throws
 */
export async function withDedicatedConnection<T>(
  {config, servers}: PostgresLocation,
  options: DedicatedConnectionOptions,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const refusals: StoreOpenError[] = [];
  for (const server of servers) {
    const client = new pg.Client({
      ...config,
      ...server,
      types: COLUMN_TYPES,
      connectionTimeoutMillis: options.connectTimeoutMs,
      keepAlive: true,
    });
    setStartupParameters(client, config);
    // What is under way then tells of it.
    client.on('error', () => undefined);
    try {
      const name = nameOf(server);
      const refusal = await connect(client, name, options.log).catch((error: unknown) =>
        toOpenError(error, name),
      );
      if (!refusal) return await work(client);
      refusals.push(refusal);
    } finally {
      await client.end();
    }
  }
  throw noneOf(refusals);
}

async function connect(client: pg.Client, server: string, log?: StoreLog): Promise<undefined> {
  await client.connect();
  checkServer(await readServerState(client), server, log);
}

/** The tables beside each other are found first. */
const PIN_SCHEMA = `SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', false),
  set_config('statement_timeout', '0', false), set_config('synchronous_commit', 'on', false)`;

/**
 * Looks whether the database can be used, and brings its schema to this release's version. An up-to-date one is only read.
 * @throws StoreOpenError
 */
export async function openDatabase(
  location: PostgresLocation,
  {timeoutMs, log}: {readonly timeoutMs: number; readonly log?: StoreLog | undefined},
): Promise<void> {
  const {exposure} = location;
  const server = location.servers.map(nameOf).join(',');
  if (exposure === 'plain') log?.warn({server}, 'The connections to the store are not encrypted (sslmode).');
  if (exposure === 'unauthenticated') {
    log?.warn({server}, 'The server of the store is not authenticated: sslmode=verify-full does that.');
  }
  try {
    await withDedicatedConnection(location, {connectTimeoutMs: timeoutMs, log}, async (client) => {
      await withDedicatedConnection(location, {connectTimeoutMs: timeoutMs}, (other) =>
        requireOwnSessions(client, other),
      );
      await client.query(PIN_SCHEMA);
      await migrate(client);
      await checkPrivileges(client);
    });
  } catch (error) {
    throw toOpenError(error, server);
  }
}
