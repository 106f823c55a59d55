import {AdminError, type AdminOperation} from '../admin-operation.ts';
import {optionalFlag, optionalText, readParameters} from '../parameters.ts';
import {runJob, type JobResult, type ScopeParameters} from './run-job.ts';

export interface RotateParameters extends ScopeParameters {
  /** Whether everything is sealed anew under the new versions. */
  readonly rewrap: boolean;
  /** Whether old versions that nothing needs are destroyed. */
  readonly prune: boolean;
}

/** New versions of the keys of a keystore, or of all and the server's own. */
export const rotate: AdminOperation<RotateParameters, JobResult> = {
  name: 'rotate',
  whileSealed: false,
  parse(value) {
    const parameters = readParameters(value, ['keystore', 'all', 'rewrap', 'prune']);
    const keystore = optionalText(parameters, 'keystore');
    if (optionalFlag(parameters, 'all') === (keystore !== undefined))
      throw new AdminError('invalid', 'Either a keystore must be given, or all.');
    return {
      rewrap: optionalFlag(parameters, 'rewrap'),
      prune: optionalFlag(parameters, 'prune'),
      ...(keystore !== undefined && {keystore}),
    };
  },
  run(management, {rewrap, prune, ...scope}, call) {
    const steps = [
      'rotate' as const,
      ...(rewrap ? ['rewrap' as const] : []),
      ...(prune ? ['prune' as const] : []),
    ];
    return runJob(management, {...scope, steps}, call);
  },
};
