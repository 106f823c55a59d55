import {DuplicateError} from '../../errors.ts';
import {requireCount} from '../cursor.ts';
import {
  MAX_FINISHED_JOBS,
  type MaintenanceJob,
  type MaintenanceJobStore,
  type StoredMaintenanceJob,
} from '../maintenance-job-store.ts';
import {requireSome} from '../require-some.ts';
import type {StoredDocument} from './collections.ts';
import {DuplicateKeyError} from './driver-error.ts';
import {toJob} from './job-document.ts';
import type {MongodbConnection} from './mongodb-connection.ts';
import {integer} from './stored-values.ts';

/** What a job that is not finished has as its `slot`, which is unique; a finished one has its own id. */
const UNFINISHED = 'unfinished';
const heldBy = (_id: string, holder: string): StoredDocument => ({_id, slot: UNFINISHED, holder});

/** Each method writes one document, once; `finish` forgets old ones besides. */
export class MongodbMaintenanceJobStore implements MaintenanceJobStore {
  readonly #connection: MongodbConnection;

  constructor(connection: MongodbConnection) {
    this.#connection = connection;
  }

  insert({id, steps, scope, createdAt, rotateBefore}: MaintenanceJob): Promise<void> {
    return this.#connection.within(async () => {
      if (id === '' || id === UNFINISHED || scope === '') throw new TypeError('A job has no empty member.');
      const job = {
        _id: id,
        slot: UNFINISHED,
        steps: requireSome(steps),
        createdAt,
        ...(scope !== undefined && {scope}),
        ...(rotateBefore !== undefined && {rotateBefore}),
      };
      while (!(await this.#insertNext(job)));
    });
  }

  findUnfinished(): Promise<StoredMaintenanceJob | undefined> {
    return this.#find({slot: UNFINISHED});
  }

  find(id: string): Promise<StoredMaintenanceJob | undefined> {
    return this.#find({_id: id});
  }

  listNewest({limit}: {readonly limit: number}): Promise<readonly StoredMaintenanceJob[]> {
    return this.#connection.within(async () => {
      const sort = {position: -1} as const;
      const jobs = await this.#connection.find('maintenance_job', {}, {sort, limit: requireCount(limit)});
      return jobs.map(toJob);
    });
  }

  acquire(...[_id, {holder, now, expiresAt}]: Parameters<MaintenanceJobStore['acquire']>): Promise<boolean> {
    return this.#connection.within(() =>
      this.#connection.update(
        'maintenance_job',
        {
          _id,
          slot: UNFINISHED,
          $or: [{holder: {$exists: false}}, {holder}, {leaseExpiresAt: {$lte: now}}],
        },
        {$set: {holder, leaseExpiresAt: expiresAt}},
      ),
    );
  }

  release(id: string, holder: string): Promise<void> {
    return this.#connection.within(async () => {
      const change = {$unset: {holder: '', leaseExpiresAt: ''}};
      await this.#connection.update('maintenance_job', heldBy(id, holder), change);
    });
  }

  saveProgress(
    ...[id, {holder, progress}]: Parameters<MaintenanceJobStore['saveProgress']>
  ): Promise<boolean> {
    return this.#connection.within(() =>
      this.#connection.update('maintenance_job', heldBy(id, holder), {$set: {progress}}),
    );
  }

  finish(
    ...[id, {holder, finishedAt, failure}]: Parameters<MaintenanceJobStore['finish']>
  ): Promise<boolean> {
    return this.#connection.within(async () => {
      const finished = await this.#connection.update('maintenance_job', heldBy(id, holder), {
        $set: {slot: id, finishedAt, ...(failure !== undefined && {failure})},
        $unset: {holder: '', leaseExpiresAt: ''},
      });
      if (finished) await this.#forgetOldest();
      return finished;
    });
  }

  async #forgetOldest(): Promise<void> {
    const newest = await this.#connection.find(
      'maintenance_job',
      {},
      {sort: {position: -1}, limit: MAX_FINISHED_JOBS + 2, projection: {position: 1, finishedAt: 1}},
    );
    const oldest = newest.filter(({finishedAt}) => finishedAt !== undefined)[MAX_FINISHED_JOBS];
    if (!oldest) return;
    const position = {$lte: integer(oldest['position'])};
    await this.#connection.removeMany('maintenance_job', {finishedAt: {$exists: true}, position});
  }

  /** Positions are unique, too. @returns false where another took the position meanwhile. @throws DuplicateError */
  async #insertNext(job: {readonly _id: string}): Promise<boolean> {
    const [newest] = await this.#connection.find(
      'maintenance_job',
      {},
      {sort: {position: -1}, limit: 1, projection: {position: 1}},
    );
    const position = 1 + (newest ? integer(newest['position']) : 0);
    try {
      await this.#connection.insert('maintenance_job', {...job, position});
      return true;
    } catch (error) {
      if (!(error instanceof DuplicateKeyError)) throw error;
    }
    const [same] = await this.#connection.find(
      'maintenance_job',
      {$or: [{_id: job._id}, {slot: UNFINISHED}]},
      {limit: 1, projection: {_id: 1}},
    );
    if (same) throw new DuplicateError('Another job is not finished yet, or has that id.');
    return false;
  }

  #find(conditions: StoredDocument): Promise<StoredMaintenanceJob | undefined> {
    return this.#connection.within(async () => {
      const found = await this.#connection.findOne('maintenance_job', conditions);
      return found && toJob(found);
    });
  }
}
