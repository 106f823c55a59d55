import {setTimeout as delay} from 'node:timers/promises';
import {expect} from 'chai';
import {Client} from 'pg';
import {PostgresStores} from '../../../lib/storage/postgres/postgres-stores.ts';
import type {Stores} from '../../../lib/storage/stores.ts';
import type {PostgresServer} from '../../support/postgres-server.ts';

export interface TwoProcesses {
  /** Each with a pool of its own. */
  readonly stores: Stores;
  readonly other: Stores;
  /** Of the same database. */
  readonly client: Client;
}

const DEADLOCKS = 'SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()';

/** Runs `work` with two handles on a new database. Locks are taken in one order: the server never has to undo a deadlock. */
export async function withTwoProcesses(
  server: PostgresServer,
  work: (processes: TwoProcesses) => Promise<void>,
): Promise<void> {
  const url = await server.createDatabase();
  const options = {url, maxConnections: 6, timeoutMs: 20_000};
  const [stores, other] = [await PostgresStores.open(options), await PostgresStores.open(options)];
  const client = new Client(url);
  await client.connect();
  try {
    await work({stores, other, client});
    await Promise.all([stores.close(), other.close()]);
    expect((await client.query(DEADLOCKS)).rows).to.deep.equal([{deadlocks: 0}]);
  } finally {
    await Promise.all([stores.close(), other.close(), client.end()]);
    await server.dropDatabase(url);
  }
}

export type Outcome<T> = {readonly value: T} | {readonly refusal: Error};

/** From at the same moment to one well after the other. */
const LATEST_MS = [1, 5, 25];

async function outcomeOf<T>(attempt: () => Promise<T>, refusals: readonly ErrorClass[]): Promise<Outcome<T>> {
  await delay(Math.random() * (LATEST_MS[Math.floor(Math.random() * LATEST_MS.length)] ?? 0));
  try {
    return {value: await attempt()};
  } catch (error) {
    expect(
      refusals.some((type) => error instanceof type),
      String(error),
    ).to.equal(true);
    return {refusal: error as Error};
  }
}

type ErrorClass = abstract new (...args: never[]) => Error;

/** Runs all at about the same time, a little before or after each other. Whatever is refused must be so with one of `refusals`. */
export const meet = <T>(
  refusals: readonly ErrorClass[],
  attempts: readonly (() => Promise<T>)[],
): Promise<readonly Outcome<T>[]> => Promise.all(attempts.map((attempt) => outcomeOf(attempt, refusals)));

export const succeeded = <T>(outcomes: readonly Outcome<T>[]): readonly T[] =>
  outcomes.flatMap((outcome) => ('value' in outcome ? [outcome.value] : []));

/** Rows that break a rule, each of which has nothing to find whatever moment it is asked at. */
export async function expectNone(client: Client, sql: string, when = ''): Promise<void> {
  const {rows} = await client.query(sql);
  expect(rows, when || sql).to.deep.equal([]);
}
