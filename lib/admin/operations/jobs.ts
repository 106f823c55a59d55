import type {JobOutcome} from '../../maintenance/job-outcome.ts';
import type {StoredMaintenanceJob} from '../../storage/maintenance-job-store.ts';
import type {AdminOperation} from '../admin-operation.ts';
import {noParameters} from '../parameters.ts';

const LISTED = 10;

export interface ListedJob {
  readonly id: string;
  readonly steps: readonly string[];
  /** undefined: all. */
  readonly scope?: string;
  /** Milliseconds since the epoch, as is what follows. */
  readonly createdAt: number;
  readonly finishedAt?: number;
  /** What it has done until now. */
  readonly outcome: JobOutcome;
}

export interface ListedJobs {
  readonly unfinished?: ListedJob;
  /** The newest first. */
  readonly finished: readonly ListedJob[];
}

export const jobs: AdminOperation<undefined, ListedJobs> = {
  name: 'jobs',
  whileSealed: true,
  parse: noParameters,
  async run({jobs: runner, stores}) {
    const newest = await stores.jobs.listNewest({limit: LISTED});
    const listed = newest.map((job) => toListed(job, runner.outcomeOf(job)));
    const unfinished = listed.find(({finishedAt}) => finishedAt === undefined);
    const finished = listed.filter(({finishedAt}) => finishedAt !== undefined);
    return {finished, ...(unfinished && {unfinished})};
  },
};

function toListed(
  {id, steps, scope, createdAt, finishedAt}: StoredMaintenanceJob,
  outcome: JobOutcome,
): ListedJob {
  return {
    id,
    steps,
    ...(scope !== undefined && {scope}),
    createdAt,
    ...(finishedAt !== undefined && {finishedAt}),
    outcome,
  };
}
