import type {MaintenanceJob, StoredMaintenanceJob} from '../maintenance-job-store.ts';
import type {JobRow} from './job-statements.ts';

function parseSteps(json: string): MaintenanceJob['steps'] {
  const value: unknown = JSON.parse(json);
  const isStep = (step: unknown): step is MaintenanceJob['steps'][number] =>
    step === 'rotate' || step === 'rewrap' || step === 'prune';
  if (Array.isArray(value) && value.every(isStep)) return value;
  throw new TypeError('The steps of a job at rest are something else.');
}

export const toJob = ({
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

export const toJobRow = (job: StoredMaintenanceJob): JobRow => ({
  id: job.id,
  steps: JSON.stringify(job.steps),
  scope: job.scope ?? null,
  createdAt: job.createdAt,
  rotateBefore: job.rotateBefore ?? null,
  progress: job.progress ?? null,
  finishedAt: job.finishedAt ?? null,
  failure: job.failure ?? null,
});
