import type {MaintenanceJob, StoredMaintenanceJob} from '../maintenance-job-store.ts';
import {integer, integerOrNull, type Row, text, textOrNull} from './row.ts';

function parseSteps(json: string): MaintenanceJob['steps'] {
  const value: unknown = JSON.parse(json);
  const isStep = (step: unknown): step is MaintenanceJob['steps'][number] =>
    step === 'rotate' || step === 'rewrap' || step === 'prune';
  if (Array.isArray(value) && value.every(isStep)) return value;
  throw new TypeError('The steps of a job at rest are something else.');
}

export function toJob(row: Row): StoredMaintenanceJob {
  const [scope, progress, failure] = [
    textOrNull(row, 'scope'),
    textOrNull(row, 'progress'),
    textOrNull(row, 'failure'),
  ];
  const [rotateBefore, finishedAt] = [integerOrNull(row, 'rotate_before'), integerOrNull(row, 'finished_at')];
  return {
    id: text(row, 'id'),
    steps: parseSteps(text(row, 'steps')),
    ...(scope !== null && {scope}),
    createdAt: integer(row, 'created_at'),
    ...(rotateBefore !== null && {rotateBefore}),
    ...(progress !== null && {progress}),
    ...(finishedAt !== null && {finishedAt}),
    ...(failure !== null && {failure}),
  };
}
