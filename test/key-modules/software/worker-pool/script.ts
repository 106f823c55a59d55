import {threadId} from 'node:worker_threads';
import {serveJobs} from '../../../../lib/key-modules/software/worker-pool/serve-jobs.ts';

export type Job = 'thread' | 'throw' | 'exit' | 'crash' | 'spin';

serveJobs(async (job: Job): Promise<number> => {
  switch (job) {
    case 'thread':
      return threadId;
    case 'throw':
      throw new RangeError('secret');
    case 'exit':
      return process.exit(3);
    case 'crash':
      setImmediate(() => {
        throw new Error('crashed');
      });
      return new Promise(() => undefined);
    case 'spin':
      for (;;);
  }
});
