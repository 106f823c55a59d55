import type {AdminStatus} from '../../admin/operations/status.ts';
import type {AdminCommand} from './admin-command.ts';
import type {SelfCheckReport} from '../../self-check/self-check-report.ts';
import type {WorkerStatus} from '../../processes/messages.ts';
import {describeFindings} from '../../self-check/describe-findings.ts';
import {describeRoots} from './describe-roots.ts';

export const statusCommand: AdminCommand = {
  name: 'status',
  summary: 'Whether a server runs, whether it is sealed, and which roots of trust are open',
  help: [
    'Says whether a server runs on the data directory, whether it is sealed, whether its key modules can be used, and what job is at work.',
  ],
  run: async ({connect, print}) => {
    await using connection = await connect();
    const status = (await connection.call('status')) as AdminStatus;
    const {release, sealed, initialized, roots, keyModules, workers, selfCheck, job} = status;
    const {online} = connection;
    print({server: online ? 'running' : 'not running', ...status}, [
      `server: ${online ? `running, release ${release}` : 'not running'}`,
      ...(online || sealed ? [`sealed: ${sealed ? 'yes' : 'no'}`] : []),
      ...(workers ? ['workers:', ...workers.map((worker) => `  ${describeWorker(worker)}`)] : []),
      ...(selfCheck && selfCheck.result !== 'none' ? [`program: ${describeProgram(selfCheck)}`] : []),
      initialized ? 'roots of trust:' : 'roots of trust: none yet; make the first with: webkms admin init',
      ...describeRoots(roots).map((line) => `  ${line}`),
      'key modules:',
      ...keyModules.map((module) => `  ${describeKeyModule(module)}`),
      ...(job ? [`job: ${job.id}, ${job.steps.join(', ')} of ${job.scope ?? 'all keystores'}`] : []),
    ]);
    return 0;
  },
};

function describeProgram(report: SelfCheckReport): string {
  const {digest} = report;
  return `${describeFindings(report)}${digest === undefined ? '' : ` Digest: ${digest}`}`;
}

function describeKeyModule({names, keyTypes, problem}: AdminStatus['keyModules'][number]): string {
  const types = keyTypes.length === 1 ? '1 key type' : `${keyTypes.length} key types`;
  return `${names.join(', ')}: ${types}${problem === undefined ? '' : `; cannot be used now: ${problem}`}`;
}

function describeWorker({number, pid, state, sealed}: WorkerStatus): string {
  const doors = sealed === undefined ? 'does not say whether it is sealed' : sealed ? 'sealed' : 'not sealed';
  return `${number}: process ${pid}, ${state}, ${doors}`;
}
