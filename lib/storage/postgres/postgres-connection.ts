import {setTimeout as delay} from 'node:timers/promises';
import pg, {type PoolClient} from 'pg';
import {UnavailableError} from '../../errors.ts';
import type {StoreLog} from '../network-store-options.ts';
import type {StoreError} from '../store-error.ts';
import {COLUMN_TYPES} from './column-types.ts';
import {
  isConflict,
  isUsableAfter,
  reasonOf,
  toStoreError,
  toWriteError,
  withoutValues,
} from './driver-error.ts';
import {PooledClient} from './pooled-client.ts';
import type {PostgresLocation} from './postgres-url.ts';
import type {Row} from './row.ts';
import {Servers} from './servers.ts';
import type {Statement, Value} from './statement.ts';
import {
  execute,
  requireReplicated,
  type Result,
  runSnapshot,
  runWrite,
  type Transaction,
} from './transaction.ts';

export interface PostgresConnectionOptions {
  readonly maxConnections: number;
  readonly maxWaiting: number;
  readonly timeoutMs: number;
  readonly log?: StoreLog | undefined;
}

/** How often a transaction is run again that the server undid because of another. */
const MAX_ATTEMPTS = 6;
const IDLE_TIMEOUT_MS = 60_000;
/** So that connections spread anew over what a name stands for. */
const MAX_LIFETIME_SECONDS = 1800;
const KEEP_ALIVE_AFTER_MS = 10_000;

/**
 * A pool of connections, and the ways of working with it. Whatever goes wrong in them comes out as a StoreError, and each
 * ends within `timeoutMs`, the wait for a connection included.
 */
export class PostgresConnection {
  readonly #pool: pg.Pool;
  readonly #servers: Servers;
  readonly #options: PostgresConnectionOptions;

  constructor(location: PostgresLocation, options: PostgresConnectionOptions) {
    const {maxConnections, timeoutMs, log} = options;
    const servers = new Servers(location.servers);
    const config = {
      ...location.config,
      types: COLUMN_TYPES,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
      // One that says nothing leaves time for the others.
      connectionTimeoutMillis: timeoutMs / servers.count,
    };
    this.#options = options;
    this.#servers = servers;
    this.#pool = new pg.Pool({
      Client: class extends PooledClient {
        constructor() {
          super({config, servers, timeoutMs});
        }
      },
      max: maxConnections,
      connectionTimeoutMillis: timeoutMs,
      idleTimeoutMillis: IDLE_TIMEOUT_MS,
      maxLifetimeSeconds: MAX_LIFETIME_SECONDS,
    });
    this.#pool.on('error', (error) => {
      log?.warn({reason: reasonOf(error)}, 'a connection to the store was lost');
    });
  }

  /** One statement that writes nothing. */
  query(statement: Statement, values?: readonly Value[]): Promise<readonly Row[]> {
    return this.#use(async (client) => (await execute(client, statement, values)).rows, toStoreError);
  }

  /** One statement that is a transaction of its own: it happens wholly and durably, or not at all. */
  execute(statement: Statement, values?: readonly Value[]): Promise<Result> {
    return this.#use(async (client) => {
      const result = await execute(client, statement, values);
      requireReplicated(client);
      return result;
    }, toWriteError);
  }

  /**
   * Several statements as one write. Each sees what was committed before it began: rows that decide are locked first.
   * `work` is run again where the server undid it because of another transaction.
   */
  write<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.#use((client) => runWrite(client, work), toStoreError);
  }

  /** All reads in `work` see the database as it was at one moment. */
  snapshot<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.#use((client) => runSnapshot(client, work), toStoreError);
  }

  /** Waits for what is under way, as long as that may take. */
  async close(): Promise<void> {
    if (this.#pool.ending) return;
    await Promise.race([this.#pool.end(), delay(this.#options.timeoutMs, undefined, {ref: false})]);
  }

  async #use<T>(
    work: (client: PoolClient) => Promise<T>,
    toError: (error: unknown) => StoreError,
  ): Promise<T> {
    const deadline = performance.now() + this.#options.timeoutMs;
    const client = await this.#acquire(deadline);
    let isHeld = true;
    const release = (destroy: boolean): void => {
      if (isHeld) client.release(destroy);
      isHeld = false;
    };
    // To destroy a connection fails what is under way on it.
    const timer = setTimeout(release, deadline - performance.now(), true);
    let destroy = false;
    try {
      return await retryConflicts(() => work(client), deadline);
    } catch (error) {
      destroy = !isUsableAfter(error);
      throw toError(error);
    } finally {
      clearTimeout(timer);
      release(destroy || client.getTransactionStatus() !== 'I');
    }
  }

  /** @throws UnavailableError */
  async #acquire(deadline: number): Promise<PoolClient> {
    const {totalCount, idleCount, waitingCount, ending} = this.#pool;
    const {maxConnections, maxWaiting} = this.#options;
    if (ending) throw new UnavailableError('The store is closed.');
    if (totalCount >= maxConnections && waitingCount - idleCount >= maxWaiting) {
      throw new UnavailableError('Too many wait for the store.');
    }
    for (let attempts = 1; ; attempts++) {
      try {
        return await this.#take(deadline);
      } catch (error) {
        if (attempts < this.#servers.count && performance.now() < deadline) continue;
        if (error instanceof UnavailableError) throw error;
        throw new UnavailableError('The store cannot be reached now.', {cause: withoutValues(error)});
      }
    }
  }

  async #take(deadline: number): Promise<PoolClient> {
    const {idleCount, waitingCount} = this.#pool;
    const connecting = this.#pool.connect();
    try {
      const client = await (idleCount > waitingCount ? connecting : before(deadline, connecting));
      if (!(client instanceof PooledClient && client.isOfReplaced)) return client;
      client.release(true);
    } catch (error) {
      // Where it comes later, nobody waits for it any more.
      connecting.then(
        (client) => client.release(),
        () => undefined,
      );
      throw error;
    }
    return this.#take(deadline);
  }
}

async function before<T>(deadline: number, promise: Promise<T>): Promise<T> {
  const {promise: late, reject} = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(new UnavailableError('The store was waited for too long.'));
  }, deadline - performance.now());
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function retryConflicts<T>(attempt: () => Promise<T>, deadline: number): Promise<T> {
  for (let attempts = 1; ; attempts++) {
    try {
      return await attempt();
    } catch (error) {
      if (!isConflict(error) || attempts === MAX_ATTEMPTS || performance.now() >= deadline) throw error;
    }
    // Jitter, so that transactions that met do not meet again.
    await delay(Math.random() * 2 ** attempts);
  }
}
