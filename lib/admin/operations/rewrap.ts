import type {AdminOperation} from '../admin-operation.ts';
import {parseScope, runJob, type JobResult, type ScopeParameters} from './run-job.ts';

/** Seals anew what is sealed under old key versions. */
export const rewrap: AdminOperation<ScopeParameters, JobResult> = {
  name: 'rewrap',
  whileSealed: false,
  parse: parseScope,
  run: (management, parameters, call) => runJob(management, {...parameters, steps: ['rewrap']}, call),
};
