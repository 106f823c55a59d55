import {randomBytes} from 'node:crypto';
import {DuplicateError} from '../../../lib/errors.ts';
import type {MaintenanceJob} from '../../../lib/storage/maintenance-job-store.ts';
import type {Stores} from '../../../lib/storage/stores.ts';
import {ALICE, insertKeystore, makeRevocation, NOW} from '../records.ts';
import type {WriteCase} from './write-case.ts';

const LEASE = {holder: 'a', now: NOW, expiresAt: NOW + 1000};
/** Long after every lease. */
const LATE = {holder: 'tidy', now: NOW + 1e6, expiresAt: NOW + 2e6};
const EXPIRED = NOW - 1e9;

/** Whether somebody else could have it now. It is asked once only: where he could, he has it then, and lets it go. */
const isFree = async (stores: Stores, name: string): Promise<boolean> => {
  const isTaken = await stores.leases.acquire(name, {...LEASE, holder: 'b'});
  if (isTaken) await stores.leases.release(name, 'b');
  return isTaken;
};

async function insertJob({
  jobs,
}: Stores): Promise<MaintenanceJob & {readonly end: (stores: Stores) => Promise<void>}> {
  const job = newJob();
  await jobs.insert(job);
  return {...job, end: endOf(job)};
}

const newJob = (): MaintenanceJob => ({
  id: `job_${randomBytes(8).toString('hex')}`,
  steps: ['rewrap'],
  createdAt: NOW,
});

/** There is one unfinished job at a time. */
const endOf =
  ({id}: MaintenanceJob) =>
  async ({jobs}: Stores): Promise<void> => {
    if (await jobs.acquire(id, LATE)) await jobs.finish(id, {holder: LATE.holder, finishedAt: LATE.now});
  };

async function isJobFree({jobs}: Stores, id: string): Promise<boolean> {
  const isTaken = await jobs.acquire(id, {...LEASE, holder: 'b'});
  if (isTaken) await jobs.release(id, 'b');
  return isTaken;
}

export const MEMORY_WRITES = {
  'revocations.insert': {
    async prepare(stores) {
      const {id} = await insertKeystore(stores);
      const revocation = makeRevocation(id);
      return {
        run: ({revocations}) => revocations.insert(revocation, {charge: {to: ALICE, max: 1}}),
        again: {refuses: DuplicateError},
        look: async ({revocations}) => revocations.isAnyRevoked(id, [revocation]),
        made: true,
      };
    },
  },
  'revocations.deleteExpired': {
    async prepare(stores) {
      const {id} = await insertKeystore(stores);
      const revocation = makeRevocation(id, {expiresAt: EXPIRED});
      await stores.revocations.insert(revocation, {});
      return {
        run: ({revocations}) => revocations.deleteExpired({before: EXPIRED + 1, limit: 10}),
        gives: 1,
        again: {gives: 0},
        look: async ({revocations}) => revocations.isAnyRevoked(id, [revocation]),
        made: false,
      };
    },
  },
  'replays.remember': {
    async prepare() {
      const digest = randomBytes(32);
      // To look is to remember: it is seen by what a second one gives, and forgotten again.
      const expiresAt = EXPIRED;
      return Promise.resolve({
        run: ({replays}) => replays.remember(digest, {expiresAt}),
        gives: true,
        again: {gives: false},
        look: async ({replays}) => {
          const isNew = await replays.remember(digest, {expiresAt});
          if (isNew) await replays.deleteExpired({before: EXPIRED + 1, limit: 10});
          return !isNew;
        },
        made: true,
        tidy: async ({replays}) => {
          await replays.deleteExpired({before: EXPIRED + 1, limit: 10});
        },
      });
    },
  },
  'replays.deleteExpired': {
    async prepare({replays}) {
      const digest = randomBytes(32);
      await replays.remember(digest, {expiresAt: EXPIRED});
      return {
        run: ({replays}) => replays.deleteExpired({before: EXPIRED + 1, limit: 10}),
        gives: 1,
        again: {gives: 0},
        look: async ({replays}) => {
          const isNew = await replays.remember(digest, {expiresAt: EXPIRED});
          if (isNew) await replays.deleteExpired({before: EXPIRED + 1, limit: 10});
          return isNew;
        },
        made: true,
      };
    },
  },
  'jobs.insert': {
    async prepare() {
      const job = newJob();
      return Promise.resolve({
        run: ({jobs}) => jobs.insert(job),
        again: {refuses: DuplicateError},
        look: async ({jobs}) => jobs.find(job.id),
        made: job,
        tidy: endOf(job),
      });
    },
  },
  'jobs.acquire': {
    async prepare(stores) {
      const {id, end} = await insertJob(stores);
      return {
        run: ({jobs}) => jobs.acquire(id, LEASE),
        gives: true,
        look: async (stores) => isJobFree(stores, id),
        made: false,
        tidy: end,
      };
    },
  },
  'jobs.release': {
    async prepare(stores) {
      const {id, end} = await insertJob(stores);
      await stores.jobs.acquire(id, LEASE);
      return {
        run: ({jobs}) => jobs.release(id, 'a'),
        look: async (stores) => isJobFree(stores, id),
        made: true,
        tidy: end,
      };
    },
  },
  'jobs.saveProgress': {
    async prepare(stores) {
      const {end, ...job} = await insertJob(stores);
      await stores.jobs.acquire(job.id, LEASE);
      return {
        run: ({jobs}) => jobs.saveProgress(job.id, {holder: 'a', progress: 'half'}),
        gives: true,
        look: async ({jobs}) => jobs.find(job.id),
        made: {...job, progress: 'half'},
        tidy: end,
      };
    },
  },
  'jobs.finish': {
    async prepare(stores) {
      const {end, ...job} = await insertJob(stores);
      await stores.jobs.acquire(job.id, LEASE);
      return {
        run: ({jobs}) => jobs.finish(job.id, {holder: 'a', finishedAt: NOW}),
        gives: true,
        again: {gives: false},
        look: async ({jobs}) => jobs.find(job.id),
        made: {...job, finishedAt: NOW},
        tidy: end,
      };
    },
  },
  'leases.acquire': {
    async prepare() {
      const name = randomBytes(8).toString('hex');
      return Promise.resolve({
        run: ({leases}) => leases.acquire(name, LEASE),
        gives: true,
        look: async (stores) => isFree(stores, name),
        made: false,
      });
    },
  },
  'leases.release': {
    async prepare({leases}) {
      const name = randomBytes(8).toString('hex');
      await leases.acquire(name, LEASE);
      return {
        run: ({leases}) => leases.release(name, 'a'),
        look: async (stores) => isFree(stores, name),
        made: true,
      };
    },
  },
} satisfies Record<string, WriteCase>;
