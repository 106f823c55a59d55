import type {ClientBase} from 'pg';
import {OutcomeUnknownError} from '../../errors.ts';
import {isRefusal, toWriteError} from './driver-error.ts';
import type {Row} from './row.ts';
import {type Statement, statement, type Value} from './statement.ts';

export interface Result {
  readonly rows: readonly Row[];
  /** Rows that were selected or changed. */
  readonly count: number;
}

/** The way to the database within `PostgresConnection.write` or `snapshot`. Errors come out of it as the driver gives them. */
export interface Transaction {
  query(statement: Statement, values?: readonly Value[]): Promise<readonly Row[]>;
  execute(statement: Statement, values?: readonly Value[]): Promise<Result>;
}

const BEGIN_WRITE = statement('BEGIN ISOLATION LEVEL READ COMMITTED');
const BEGIN_SNAPSHOT = statement('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
const COMMIT = statement('COMMIT');
const ROLLBACK = statement('ROLLBACK');

export async function execute(
  client: ClientBase,
  {name, text}: Statement,
  values: readonly Value[] = [],
): Promise<Result & {readonly command: string}> {
  const {rows, rowCount, command} = await client.query<Row>({name, text, values: [...values]});
  return {rows, count: rowCount ?? 0, command};
}

const transactionOn = (client: ClientBase): Transaction => ({
  query: async (statement, values) => (await execute(client, statement, values)).rows,
  execute: (statement, values) => execute(client, statement, values),
});

/** Of clients whose commit was not waited for by the standbys that it is to reach: an operator ended the wait. */
const UNREPLICATED = new WeakSet<ClientBase>();
const REPLICATION_WAIT = 'SyncRepWaitForLSN';

export function watchReplication(client: ClientBase): void {
  client.on('notice', ({routine}) => {
    if (routine === REPLICATION_WAIT) UNREPLICATED.add(client);
  });
}

/** @throws OutcomeUnknownError where what was just committed may be gone if the primary is lost now */
export function requireReplicated(client: ClientBase): void {
  if (!UNREPLICATED.delete(client)) return;
  throw new OutcomeUnknownError('The change is not on the standbys that it is to be on.');
}

async function rollBack(client: ClientBase): Promise<void> {
  // Where that fails, too, the connection is not used again, and its end is the transaction's.
  await execute(client, ROLLBACK).catch(() => undefined);
}

/** All reads in `work` see the database as it was at one moment. */
export async function runSnapshot<T>(client: ClientBase, work: (tx: Transaction) => Promise<T>): Promise<T> {
  await execute(client, BEGIN_SNAPSHOT);
  try {
    return await work(transactionOn(client));
  } finally {
    await rollBack(client);
  }
}

/** `work` happens wholly and durably or, where it throws, not at all. */
export async function runWrite<T>(client: ClientBase, work: (tx: Transaction) => Promise<T>): Promise<T> {
  await execute(client, BEGIN_WRITE);
  let result: T;
  try {
    result = await work(transactionOn(client));
  } catch (error) {
    await rollBack(client);
    throw error;
  }
  await commit(client);
  return result;
}

async function commit(client: ClientBase): Promise<void> {
  let command: string;
  try {
    ({command} = await execute(client, COMMIT));
  } catch (error) {
    throw isRefusal(error) ? error : toWriteError(error);
  }
  // What a transaction gets in which a statement failed.
  if (command !== 'COMMIT') throw new TypeError('A transaction that had failed was committed.');
  requireReplicated(client);
}
