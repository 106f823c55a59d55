import {Worker} from 'node:worker_threads';
import {UnavailableError} from '../../../errors.ts';
import type {Reply} from './serve-jobs.ts';

export interface JobWorkerOptions {
  /** Calls `serveJobs`. */
  readonly script: URL;
  /** What a job may take, the start of the thread included. */
  readonly timeLimitMs: number;
}

interface RunningJob<Result> extends PromiseWithResolvers<Result> {
  readonly thread: Worker;
}

/**
 * One thread, started by the first job and again by the next one after it has ended. It does one job at a time and
 * keeps the process alive for that long only. A job ends with its reply or with its thread: nothing works on it after.
 */
export class JobWorker<Job, Result> {
  readonly #options: JobWorkerOptions;
  #thread: Worker | undefined;
  #job: RunningJob<Result> | undefined;
  /** Why the thread was told to end, or did. */
  #cause: unknown;

  constructor(options: JobWorkerOptions) {
    this.#options = options;
  }

  /**
   * Only when the job before has ended.
   * @throws UnavailableError where the thread cannot be started, ends, or takes longer than the limit.
   * @throws Error where the worker threw, of which it gives the name alone.
   */
  async run(job: Job): Promise<Result> {
    const thread = (this.#thread ??= this.#start());
    const running = {...Promise.withResolvers<Result>(), thread};
    this.#job = running;
    const {timeLimitMs} = this.#options;
    // The thread is unref'd: this timer is what the process stays alive for.
    const timer = setTimeout(() => void this.#end(new Error(`It took over ${timeLimitMs} ms.`)), timeLimitMs);
    try {
      thread.postMessage(job);
      return await running.promise;
    } finally {
      clearTimeout(timer);
      this.#job = undefined;
    }
  }

  /** Ends the thread, and with it the job that it is at. */
  async stop(): Promise<void> {
    await this.#end(new Error('It was stopped.'));
  }

  async #end(cause: unknown): Promise<void> {
    const thread = this.#thread;
    this.#thread = undefined;
    this.#cause = cause;
    await thread?.terminate();
  }

  #start(): Worker {
    let thread: Worker;
    try {
      // The flags of the process, of which the permission model's bind a thread only if it has them too; the one that
      // is left out is refused where a script is a file.
      const execArgv = process.execArgv.filter((flag) => !flag.startsWith('--input-type'));
      thread = new Worker(this.#options.script, {execArgv});
    } catch (cause) {
      throw unavailable(cause);
    }
    this.#cause = undefined;
    thread.on('message', (reply: Reply<Result>) => {
      // What comes from a thread that is being ended is not waited for.
      if (this.#thread !== thread) return;
      if ('result' in reply) this.#job?.resolve(reply.result);
      else this.#job?.reject(new Error(`The worker failed with ${reply.failed}.`));
    });
    thread.on('messageerror', (error) => void this.#end(error));
    thread.on('error', (error: unknown) => {
      this.#cause = error;
    });
    thread.on('exit', (code) => {
      if (this.#thread === thread) this.#thread = undefined;
      if (this.#job?.thread !== thread) return;
      this.#job.reject(unavailable(this.#cause ?? new Error(`The worker ended with code ${code}.`)));
    });
    // Last: a listener for messages refs it again.
    thread.unref();
    return thread;
  }
}

function unavailable(cause: unknown): UnavailableError {
  return new UnavailableError('The key module could not finish this operation.', {cause});
}
