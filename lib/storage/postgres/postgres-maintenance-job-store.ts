import {requireCount} from '../cursor.ts';
import {
  MAX_FINISHED_JOBS,
  type MaintenanceJob,
  type MaintenanceJobStore,
  type StoredMaintenanceJob,
} from '../maintenance-job-store.ts';
import {toJob} from './job-rows.ts';
import {JOB_SQL as SQL} from './job-statements.ts';
import type {PostgresConnection} from './postgres-connection.ts';
import type {Statement, Value} from './statement.ts';
import {withStoreErrors} from './with-store-errors.ts';

/** Each write is one statement on one row: of several at the same time each sees what the ones before have left. */
export class PostgresMaintenanceJobStore implements MaintenanceJobStore {
  readonly #connection: PostgresConnection;

  constructor(connection: PostgresConnection) {
    this.#connection = connection;
  }

  async insert({id, steps, scope, createdAt, rotateBefore}: MaintenanceJob): Promise<void> {
    const row = [id, JSON.stringify(steps), scope ?? null, createdAt, rotateBefore ?? null];
    await this.#connection.execute(SQL.insert, row);
  }

  async findUnfinished(): Promise<StoredMaintenanceJob | undefined> {
    return (await this.#read(SQL.findUnfinished))[0];
  }

  async find(id: string): Promise<StoredMaintenanceJob | undefined> {
    return (await this.#read(SQL.find, [id]))[0];
  }

  listNewest({limit}: {readonly limit: number}): Promise<readonly StoredMaintenanceJob[]> {
    return withStoreErrors(async () => this.#read(SQL.listNewest, [requireCount(limit)]));
  }

  acquire(...[id, {holder, now, expiresAt}]: Parameters<MaintenanceJobStore['acquire']>): Promise<boolean> {
    return this.#update(SQL.acquire, [id, holder, now, expiresAt]);
  }

  async release(id: string, holder: string): Promise<void> {
    await this.#update(SQL.release, [id, holder]);
  }

  saveProgress(
    ...[id, {holder, progress}]: Parameters<MaintenanceJobStore['saveProgress']>
  ): Promise<boolean> {
    return this.#update(SQL.saveProgress, [id, holder, progress]);
  }

  async finish(
    ...[id, {holder, finishedAt, failure}]: Parameters<MaintenanceJobStore['finish']>
  ): Promise<boolean> {
    const finished = await this.#update(SQL.finish, [id, holder, finishedAt, failure ?? null]);
    if (finished) await this.#connection.execute(SQL.forgetOldest, [MAX_FINISHED_JOBS]);
    return finished;
  }

  #read(statement: Statement, values: readonly Value[] = []): Promise<readonly StoredMaintenanceJob[]> {
    return withStoreErrors(async () => (await this.#connection.query(statement, values)).map(toJob));
  }

  async #update(statement: Statement, values: readonly Value[]): Promise<boolean> {
    return (await this.#connection.execute(statement, values)).count === 1;
  }
}
