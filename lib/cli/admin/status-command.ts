import type {AdminStatus} from '../../admin/operations/status.ts';
import type {AdminCommand} from './admin-command.ts';
import {describeRoots} from './describe-roots.ts';

export const statusCommand: AdminCommand = {
  name: 'status',
  summary: 'Whether a server runs, whether it is sealed, and which roots of trust are open',
  help: ['Says whether a server runs on the data directory, whether it is sealed, and what job is at work.'],
  run: async ({connect, print}) => {
    await using connection = await connect();
    const status = (await connection.call('status')) as AdminStatus;
    const {sealed, initialized, roots, job} = status;
    const {online} = connection;
    print({server: online ? 'running' : 'not running', ...status}, [
      `server: ${online ? 'running' : 'not running'}`,
      ...(online || sealed ? [`sealed: ${sealed ? 'yes' : 'no'}`] : []),
      initialized ? 'roots of trust:' : 'roots of trust: none yet; make the first with: webkms admin init',
      ...describeRoots(roots).map((line) => `  ${line}`),
      ...(job ? [`job: ${job.id}, ${job.steps.join(', ')} of ${job.scope ?? 'all keystores'}`] : []),
    ]);
    return 0;
  },
};
