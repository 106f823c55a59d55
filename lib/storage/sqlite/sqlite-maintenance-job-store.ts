import {
  MAX_FINISHED_JOBS,
  type MaintenanceJob,
  type MaintenanceJobStore,
  type StoredMaintenanceJob,
} from '../maintenance-job-store.ts';
import type {SqliteConnection} from './connection.ts';
import {requireCount} from '../cursor.ts';
import {toJob, toJobRow} from './job-row.ts';
import {jobStatements} from './job-statements.ts';

export class SqliteMaintenanceJobStore implements MaintenanceJobStore {
  readonly #connection: SqliteConnection;
  readonly #sql: ReturnType<typeof jobStatements>;

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
    this.#sql = jobStatements(connection);
  }

  async insert(job: MaintenanceJob): Promise<void> {
    const {id, steps, scope, createdAt, rotateBefore} = toJobRow(job);
    await this.#connection.write(() => this.#sql.insert.run({id, steps, scope, createdAt, rotateBefore}));
  }

  findUnfinished(): Promise<StoredMaintenanceJob | undefined> {
    return this.#connection.run(() => {
      const row = this.#sql.findUnfinished.get();
      return row && toJob(row);
    });
  }

  find(id: string): Promise<StoredMaintenanceJob | undefined> {
    return this.#connection.run(() => {
      const row = this.#sql.find.get(id);
      return row && toJob(row);
    });
  }

  listNewest({limit}: {readonly limit: number}): Promise<readonly StoredMaintenanceJob[]> {
    return this.#connection.run(() => this.#sql.listNewest.all(requireCount(limit)).map(toJob));
  }

  acquire(...[id, lease]: Parameters<MaintenanceJobStore['acquire']>): Promise<boolean> {
    return this.#connection.write(() => this.#sql.acquire.run({id, ...lease}).changes === 1);
  }

  async release(id: string, holder: string): Promise<void> {
    await this.#connection.write(() => this.#sql.release.run({id, holder}));
  }

  saveProgress(...[id, options]: Parameters<MaintenanceJobStore['saveProgress']>): Promise<boolean> {
    return this.#connection.write(() => this.#sql.saveProgress.run({id, ...options}).changes === 1);
  }

  finish(
    ...[id, {holder, finishedAt, failure}]: Parameters<MaintenanceJobStore['finish']>
  ): Promise<boolean> {
    const row = {id, holder, finishedAt, failure: failure ?? null};
    return this.#connection.write(() => {
      if (this.#sql.finish.run(row).changes === 0) return false;
      this.#sql.forgetOldest.run(MAX_FINISHED_JOBS);
      return true;
    });
  }
}
