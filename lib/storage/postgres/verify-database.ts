import pg from 'pg';
import {UnavailableError} from '../../errors.ts';
import {toStoreError} from './driver-error.ts';
import {withDedicatedConnection} from './open-database.ts';
import type {PostgresLocation} from './postgres-url.ts';
import type {Row} from './row.ts';
import {CHECKS, type VerificationCheck} from './verification-checks.ts';

const CONNECT_TIMEOUT_MS = 10_000;
/** Another moment's snapshot would find what changes between two reads. */
const BEGIN = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';
const FINDING_CLASSES: ReadonlySet<string> = new Set(['22', '42', '58', 'XX']);

/** Looks through a whole database, over connections of its own. */
export class DatabaseVerification {
  readonly #location: PostgresLocation;
  readonly #clients = new Set<pg.Client>();
  #isStopped = false;

  constructor(location: PostgresLocation) {
    this.#location = location;
  }

  /** All of it as of one moment. @returns a sentence for each thing that is wrong, at most 100 of a kind @throws UnavailableError */
  async run(): Promise<readonly string[]> {
    if (this.#isStopped) throw new UnavailableError('The store is closed.');
    const options = {connectTimeoutMs: CONNECT_TIMEOUT_MS};
    try {
      return await withDedicatedConnection(this.#location, options, async (client) => {
        this.#clients.add(client);
        try {
          return await verify(client);
        } finally {
          this.#clients.delete(client);
        }
      });
    } catch (error) {
      throw this.#wasStopped()
        ? new UnavailableError('The store is closed.', {cause: error})
        : toStoreError(error);
    }
  }

  #wasStopped(): boolean {
    return this.#isStopped;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(Array.from(this.#clients, (client) => client.end()));
  }
}

async function verify(client: pg.Client): Promise<readonly string[]> {
  await client.query(`SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', false)`);
  await client.query(BEGIN);
  const found: string[] = [];
  for (const check of CHECKS) found.push(...(await runCheck(client, check)));
  await client.query('ROLLBACK');
  return found;
}

async function runCheck(client: pg.Client, check: VerificationCheck): Promise<readonly string[]> {
  await client.query('SAVEPOINT before_check');
  try {
    return await check({
      query: async ({text: sql}, values = []) => (await client.query<Row>(sql, [...values])).rows,
    });
  } catch (error) {
    const isFinding = error instanceof pg.DatabaseError && FINDING_CLASSES.has(error.code?.slice(0, 2) ?? '');
    if (!isFinding) throw error;
    await client.query('ROLLBACK TO SAVEPOINT before_check');
    return [`The database cannot be read: ${error.message}.`];
  }
}
