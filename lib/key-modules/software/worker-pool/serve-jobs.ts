import {parentPort} from 'node:worker_threads';

/** `failed` is the name of what was thrown, and no more: messages of libraries can quote secrets. */
export type Reply<Result> = {readonly result: Result} | {readonly failed: string};

type Work<Job, Result> = (job: Job) => Promise<Result>;

async function replyTo<Job, Result>(work: Work<Job, Result>, job: Job): Promise<Reply<Result>> {
  try {
    return {result: await work(job)};
  } catch (error) {
    return {failed: error instanceof Error ? error.name : typeof error};
  }
}

/** The worker's side of `JobWorker`: answers every job that it is sent. Called once, by a worker's script. */
export function serveJobs<Job, Result>(work: Work<Job, Result>): void {
  const port = parentPort;
  if (!port) throw new Error('This is the script of a worker thread.');
  port.on('message', (job: Job) => void replyTo(work, job).then((reply) => port.postMessage(reply)));
}
