import type {MaintenanceJob, StoredMaintenanceJob} from '../storage/maintenance-job-store.ts';

/** What a job is to do. */
export type JobRequest = Pick<MaintenanceJob, 'steps' | 'scope' | 'rotateBefore'>;

/** Another job has not ended yet: there is one at a time. */
export class JobUnfinishedError extends Error {
  override readonly name = 'JobUnfinishedError';
  readonly job: StoredMaintenanceJob;

  constructor(job: StoredMaintenanceJob) {
    super('Another job has not ended yet.');
    this.job = job;
  }
}

export function isSameRequest({steps, scope, rotateBefore}: JobRequest, other: JobRequest): boolean {
  return steps.join() === other.steps.join() && scope === other.scope && rotateBefore === other.rotateBefore;
}
