import type {MaintenanceJob, MaintenanceJobStore, StoredMaintenanceJob} from '../maintenance-job-store.ts';
import type {SqliteConnection} from './connection.ts';
import {requireCount} from '../cursor.ts';
import {jobStatements, type JobRow} from './job-statements.ts';

function parseSteps(json: string): MaintenanceJob['steps'] {
  const value: unknown = JSON.parse(json);
  const isStep = (step: unknown): step is MaintenanceJob['steps'][number] =>
    step === 'rotate' || step === 'rewrap' || step === 'prune';
  if (Array.isArray(value) && value.every(isStep)) return value;
  throw new TypeError('The steps of a job at rest are something else.');
}

const toJob = ({
  id,
  steps,
  scope,
  createdAt,
  rotateBefore,
  progress,
  finishedAt,
  failure,
}: JobRow): StoredMaintenanceJob => ({
  id,
  steps: parseSteps(steps),
  ...(scope !== null && {scope}),
  createdAt,
  ...(rotateBefore !== null && {rotateBefore}),
  ...(progress !== null && {progress}),
  ...(finishedAt !== null && {finishedAt}),
  ...(failure !== null && {failure}),
});

export class SqliteMaintenanceJobStore implements MaintenanceJobStore {
  readonly #connection: SqliteConnection;
  readonly #sql: ReturnType<typeof jobStatements>;

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
    this.#sql = jobStatements(connection);
  }

  async insert({id, steps, scope, createdAt, rotateBefore}: MaintenanceJob): Promise<void> {
    const row = {
      id,
      steps: JSON.stringify(steps),
      scope: scope ?? null,
      createdAt,
      rotateBefore: rotateBefore ?? null,
    };
    await this.#connection.write(() => this.#sql.insert.run(row));
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
    return this.#connection.write(() => this.#sql.finish.run(row).changes === 1);
  }
}
