import {randomBytes} from 'node:crypto';
import {expect} from 'chai';
import {DuplicateError} from '../../lib/errors.ts';
import {
  MAX_FINISHED_JOBS,
  type MaintenanceJob,
  type StoredMaintenanceJob,
} from '../../lib/storage/maintenance-job-store.ts';
import type {Stores} from '../../lib/storage/stores.ts';
import {keystoreUrl, NOW} from './records.ts';
import {describeStore, expectRefusal, fromBoth, race, type StoreSuiteOptions} from './store-suite.ts';

const makeJob = (members: Partial<MaintenanceJob> = {}): MaintenanceJob => ({
  id: `job_${randomBytes(8).toString('hex')}`,
  steps: ['rotate', 'rewrap', 'prune'],
  createdAt: NOW,
  ...members,
});

const lease = (holder: string, now = NOW) => ({holder, now, expiresAt: now + 1000});

async function insertJob({jobs}: Stores, members: Partial<MaintenanceJob> = {}): Promise<MaintenanceJob> {
  const job = makeJob(members);
  await jobs.insert(job);
  return job;
}

/** What the implementations of MaintenanceJobStore promise. */
export function describeMaintenanceJobStore(options: StoreSuiteOptions): void {
  describeStore('MaintenanceJobStore', options, (test) => {
    test('gives back a job as it was, here and elsewhere', async ({stores, other}) => {
      expect(await stores.jobs.findUnfinished()).to.equal(undefined);
      const jobs = [
        makeJob(),
        makeJob({scope: keystoreUrl(), rotateBefore: NOW - 1}),
        makeJob({steps: ['prune'], rotateBefore: 0}),
      ];
      for (const job of jobs) {
        await stores.jobs.insert(job);
        for (const store of [stores.jobs, other.jobs]) {
          expect(await store.findUnfinished()).to.deep.equal(job);
          expect(await store.find(job.id)).to.deep.equal(job);
        }
        await stores.jobs.acquire(job.id, lease('a'));
        await stores.jobs.finish(job.id, {holder: 'a', finishedAt: NOW});
      }
      expect(await stores.jobs.find('job_unknown')).to.equal(undefined);
    });

    test('has one unfinished job at a time', async ({stores, other}) => {
      const first = await insertJob(stores);
      const second = makeJob({scope: keystoreUrl()});
      await expectRefusal(other.jobs.insert(second), DuplicateError);
      expect(await stores.jobs.find(second.id)).to.equal(undefined);
      await stores.jobs.acquire(first.id, lease('a'));
      await expectRefusal(other.jobs.insert(second), DuplicateError);
      await stores.jobs.finish(first.id, {holder: 'a', finishedAt: NOW + 5});
      await expectRefusal(other.jobs.insert(first), DuplicateError);
      await other.jobs.insert(second);
      expect(await stores.jobs.findUnfinished()).to.deep.equal(second);
      expect(await stores.jobs.find(first.id)).to.deep.equal({...first, finishedAt: NOW + 5});
    });

    test('lists the newest jobs, finished and not', async ({stores, other}) => {
      expect(await other.jobs.listNewest({limit: 9})).to.deep.equal([]);
      const jobs: StoredMaintenanceJob[] = [];
      for (let count = 0; count < 3; count++) {
        const job = await insertJob(stores, {createdAt: NOW - count});
        await stores.jobs.acquire(job.id, lease('a'));
        await stores.jobs.finish(job.id, {holder: 'a', finishedAt: NOW});
        jobs.unshift({...job, finishedAt: NOW});
      }
      jobs.unshift(await insertJob(stores));
      for (const limit of [1, 2, 4, 5]) {
        expect(await other.jobs.listNewest({limit})).to.deep.equal(jobs.slice(0, limit));
      }
    });

    test('keeps the newest of those that have finished, and what has not', async ({stores, other}) => {
      const jobs: string[] = [];
      for (let count = 0; count < MAX_FINISHED_JOBS + 2; count++) {
        const {id} = await insertJob(stores, {createdAt: NOW - count});
        await stores.jobs.acquire(id, lease('a'));
        await stores.jobs.finish(id, {holder: 'a', finishedAt: NOW - count});
        jobs.unshift(id);
      }
      jobs.unshift((await insertJob(stores)).id);
      const listed = await other.jobs.listNewest({limit: jobs.length});
      expect(listed.map(({id}) => id)).to.deep.equal(jobs.slice(0, -2));
      expect(await other.jobs.find(jobs.at(-1)!)).to.equal(undefined);
    });

    test('lets one of several concurrent insertions win', async (handles) => {
      const attempts = fromBoth(handles, 8, ({jobs}) => jobs.insert(makeJob()));
      expect(await race(attempts, DuplicateError)).to.equal(1);
    });

    test('is held by one until its lease ends, or it lets go', async ({stores, other}) => {
      const {id} = await insertJob(stores);
      expect(await stores.jobs.acquire(id, lease('a'))).to.equal(true);
      expect(await other.jobs.acquire(id, lease('b', NOW + 999))).to.equal(false);
      // Who has it keeps it, and longer.
      expect(await stores.jobs.acquire(id, lease('a', NOW + 500))).to.equal(true);
      expect(await other.jobs.acquire(id, lease('b', NOW + 1499))).to.equal(false);
      expect(await other.jobs.acquire(id, lease('b', NOW + 1500))).to.equal(true);
      expect(await stores.jobs.acquire(id, lease('a', NOW + 1500))).to.equal(false);
      await stores.jobs.release(id, 'a');
      expect(await stores.jobs.acquire(id, lease('a', NOW + 1501))).to.equal(false);
      await other.jobs.release(id, 'b');
      expect(await stores.jobs.acquire(id, lease('a', NOW + 1501))).to.equal(true);
      expect(await stores.jobs.acquire('job_unknown', lease('a'))).to.equal(false);
    });

    test('lets one of several concurrent nodes have it', async (handles) => {
      const {id} = await insertJob(handles.stores);
      const answers = await Promise.all(
        fromBoth(handles, 8, ({jobs}, index) => jobs.acquire(id, lease(`node-${index}`))),
      );
      expect(answers.filter(Boolean)).to.have.lengthOf(1);
    });

    test('saves the progress of who has it, of nobody else', async ({stores, other}) => {
      const job = await insertJob(stores);
      const {id} = job;
      const save = (store: Stores, holder: string, progress: string): Promise<boolean> =>
        store.jobs.saveProgress(id, {holder, progress});
      expect(await save(stores, 'a', 'unheld')).to.equal(false);
      await stores.jobs.acquire(id, lease('a'));
      expect(await save(stores, 'a', 'first')).to.equal(true);
      expect(await save(other, 'b', 'other')).to.equal(false);
      expect(await other.jobs.find(id)).to.deep.equal({...job, progress: 'first'});
      await other.jobs.acquire(id, lease('b', NOW + 1000));
      expect(await save(stores, 'a', 'late')).to.equal(false);
      expect(await save(other, 'b', 'second')).to.equal(true);
      expect(await stores.jobs.findUnfinished()).to.deep.equal({...job, progress: 'second'});
      await other.jobs.release(id, 'b');
      expect(await save(other, 'b', 'released')).to.equal(false);
    });

    test('ends once, by who has it, and stays as it ended', async ({stores, other}) => {
      const job = await insertJob(stores);
      const {id} = job;
      await stores.jobs.acquire(id, lease('a'));
      await stores.jobs.saveProgress(id, {holder: 'a', progress: 'half'});
      const end = {finishedAt: NOW + 1, failure: 'The root is sealed.'};
      expect(await other.jobs.finish(id, {holder: 'b', ...end})).to.equal(false);
      expect(await stores.jobs.findUnfinished()).to.deep.equal({...job, progress: 'half'});
      expect(await stores.jobs.finish(id, {holder: 'a', ...end})).to.equal(true);
      expect(await stores.jobs.findUnfinished()).to.equal(undefined);

      expect(await stores.jobs.finish(id, {holder: 'a', finishedAt: NOW + 2})).to.equal(false);
      expect(await stores.jobs.saveProgress(id, {holder: 'a', progress: 'more'})).to.equal(false);
      expect(await other.jobs.acquire(id, lease('b', NOW + 9999))).to.equal(false);
      await stores.jobs.release(id, 'a');
      expect(await other.jobs.find(id)).to.deep.equal({...job, progress: 'half', ...end});
    });
  });
}
