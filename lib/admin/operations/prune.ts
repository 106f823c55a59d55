import type {AdminOperation} from '../admin-operation.ts';
import {parseScope, runJob, type JobResult, type ScopeParameters} from './run-job.ts';

/** Destroys the old key versions that nothing is sealed under. */
export const prune: AdminOperation<ScopeParameters, JobResult> = {
  name: 'prune',
  whileSealed: false,
  parse: parseScope,
  run: (management, parameters, call) => runJob(management, {...parameters, steps: ['prune']}, call),
};
