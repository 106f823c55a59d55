import type {JobResult} from '../../admin/operations/run-job.ts';
import type {ListedJob, ListedJobs} from '../../admin/operations/jobs.ts';
import type {JobOutcome} from '../../maintenance/job-outcome.ts';
import {UsageError} from '../command.ts';
import type {AdminCommand, AdminInvocation, OptionValues} from './admin-command.ts';

const WHICH = {
  keystore: {value: 'URL', meaning: 'the keys of this keystore'},
  all: {meaning: 'the keys of every keystore, and of the server itself'},
} as const;
const GOES_ON = [
  'It is a job: it goes on in the server when this command is stopped, and after a restart of the server. To see how far it',
  'is: webkms admin jobs. The same command shows its progress again.',
];
const WHEN_INTERRUPTED =
  'The job goes on in the server, or when one is started. To see how far it is: webkms admin jobs';

export const rotateCommand: AdminCommand = {
  name: 'rotate',
  summary: 'New versions of root keys and data keys (--keystore URL or --all)',
  help: [
    'Makes a new version of the root key and of every data key. What was sealed before stays under the old ones, unless --rewrap.',
    ...GOES_ON,
  ],
  options: {
    ...WHICH,
    rewrap: {meaning: 'then seals anew what is under old versions'},
    prune: {meaning: 'then destroys the old versions that nothing needs'},
  },
  whenInterrupted: WHEN_INTERRUPTED,
  run: (invocation) => {
    const {values} = invocation;
    const parameters = {
      ...whichKeys('rotate', values),
      all: values['all'] === true,
      rewrap: values['rewrap'] === true,
      prune: values['prune'] === true,
    };
    return runJob(invocation, 'rotate', parameters);
  },
};

export const rewrapCommand: AdminCommand = {
  name: 'rewrap',
  summary: 'Seal anew what is under old key versions (of all, or --keystore URL)',
  help: [
    'Seals under the newest key versions what is sealed under older ones, while requests go on.',
    ...GOES_ON,
  ],
  options: WHICH,
  whenInterrupted: WHEN_INTERRUPTED,
  run: (invocation) =>
    runJob(
      invocation,
      'rewrap',
      whichKeys('rewrap', {all: invocation.values['keystore'] === undefined, ...invocation.values}),
    ),
};

export const pruneCommand: AdminCommand = {
  name: 'prune',
  summary: 'Destroy old key versions that nothing needs (--keystore URL or --all)',
  help: ['Destroys the old key versions to which nothing refers any more, and no others.', ...GOES_ON],
  options: WHICH,
  whenInterrupted: WHEN_INTERRUPTED,
  run: (invocation) => runJob(invocation, 'prune', whichKeys('prune', invocation.values)),
};

export const jobsCommand: AdminCommand = {
  name: 'jobs',
  summary: 'The job that is at work, and the last ones that have ended',
  help: ['Lists the job that has not ended, and the last that have, with what they have done.'],
  run: async ({connect, print}) => {
    await using connection = await connect();
    const result = (await connection.call('jobs')) as ListedJobs;
    const all = [...(result.unfinished ? [result.unfinished] : []), ...result.finished];
    print(result, all.length === 0 ? ['There were no jobs.'] : all.flatMap(describeJob));
    return 0;
  },
};

function whichKeys(name: string, values: OptionValues): {readonly keystore?: string} {
  const keystore = values['keystore'];
  if ((typeof keystore === 'string' && keystore !== '') === (values['all'] === true)) {
    throw new UsageError(`admin ${name} takes either --keystore URL or --all.`);
  }
  return typeof keystore === 'string' ? {keystore} : {};
}

async function runJob({connect, print}: AdminInvocation, name: string, parameters: object): Promise<number> {
  await using connection = await connect();
  const result = (await connection.call(name, parameters)) as JobResult;
  print(result, describeOutcome(result));
  return 0;
}

function describeJob({id, steps, scope, createdAt, finishedAt, outcome}: ListedJob): string[] {
  const when =
    finishedAt === undefined
      ? `since ${time(createdAt)}, not ended`
      : `${time(createdAt)} to ${time(finishedAt)}`;
  return [
    `${id}  ${steps.join(', ')} of ${scope ?? 'all keystores'}  ${when}`,
    ...describeOutcome(outcome).map((line) => `  ${line}`),
  ];
}

function describeOutcome({
  rotated,
  rewrapped,
  pruned,
  remaining,
  remainingNotListed,
  failure,
}: JobOutcome): string[] {
  return [
    `scopes rotated: ${rotated}, rows sealed anew: ${rewrapped}, key versions destroyed: ${pruned}`,
    ...remaining.map(({scope, kind, count, reason}) => `left in ${scope}: ${count} × ${kind}, ${reason}`),
    ...(remainingNotListed > 0 ? [`and ${remainingNotListed} more`] : []),
    ...(failure === undefined ? [] : [`failed: ${failure}`]),
  ];
}

function time(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
