import type {KeyManagement} from '../../key-management.ts';
import type {JobOutcome} from '../../maintenance/job-outcome.ts';
import {JobUnfinishedError, type JobRequest} from '../../maintenance/job-request.ts';
import {AdminError, type AdminCall} from '../admin-operation.ts';
import {optionalText, readParameters} from '../parameters.ts';

export interface ScopeParameters {
  /** A keystore's URL; undefined: everything. */
  readonly keystore?: string;
}

export interface JobResult extends JobOutcome {
  readonly job: string;
}

/** Of operations that are about one keystore, or else about all. @throws AdminError, `invalid` */
export function parseScope(value: unknown): ScopeParameters {
  const keystore = optionalText(readParameters(value, ['keystore']), 'keystore');
  return keystore === undefined ? {} : {keystore};
}

/**
 * Begins a job, and waits for its end.
 * @throws AdminError: `not-found` where there is no such keystore, `refused` where another job is unfinished, `failed`
 *   where it did not do all
 */
export async function runJob(
  {jobs, stores}: KeyManagement,
  {keystore, ...request}: ScopeParameters & Omit<JobRequest, 'scope'>,
  {report, signal}: AdminCall,
): Promise<JobResult> {
  if (keystore !== undefined && !(await stores.keystores.find(keystore)))
    throw new AdminError('not-found', 'There is no such keystore.');
  const {id} = await jobs.start({...request, ...(keystore !== undefined && {scope: keystore})}).catch(refuse);
  const outcome = await jobs.watch(id, {report, signal});
  if (outcome.failure !== undefined)
    throw new AdminError('failed', `${outcome.failure} ${summarise(outcome)}`);
  return {job: id, ...outcome};
}

function refuse(error: unknown): never {
  if (!(error instanceof JobUnfinishedError)) throw error;
  const {steps, scope} = error.job;
  throw new AdminError(
    'refused',
    `Another job has not ended yet: ${steps.join(', ')} of ${scope ?? 'all'}. See: webkms admin jobs`,
    {cause: error},
  );
}

function summarise({rotated, rewrapped, pruned, remaining, remainingNotListed}: JobOutcome): string {
  const done = `Rotated: ${rotated}, rewrapped: ${rewrapped}, destroyed: ${pruned}.`;
  if (remaining.length === 0) return done;
  const lines = remaining.map(({scope, kind, count, reason}) => `${scope}: ${count} × ${kind}, ${reason}`);
  if (remainingNotListed > 0) lines.push(`and ${remainingNotListed} more`);
  return [done, 'Left:', ...lines].join('\n');
}
