import {extname} from 'node:path';
import {Worker} from 'node:worker_threads';
import {errorCode} from '../error-code.ts';
import {UnavailableError} from '../errors.ts';
import {Pkcs11Error} from './pkcs11-error.ts';
import type {JobMessage, JobName, JobReply, Parameters, Result} from './token-job.ts';

interface RunningJob extends PromiseWithResolvers<unknown> {
  readonly thread: Worker;
}

/** What a thread could not do that is no answer of a token: the binding, or the library, cannot be loaded. */
export class TokenThreadError extends Error {
  override readonly name = 'TokenThreadError';
}

/**
 * A thread that talks to a token, started by the first job and again by the next one after it has ended. It does one job
 * at a time and keeps the process alive for that long only.
 */
export class TokenThread {
  readonly #library: string;
  #thread: Worker | undefined;
  #job: RunningJob | undefined;

  constructor(library: string) {
    this.#library = library;
  }

  /** Whether there is a thread, which may have a session. */
  get isRunning(): boolean {
    return this.#thread !== undefined;
  }

  /**
   * Only when the job before has ended: a token that hangs is waited for, as long as it takes.
   * @throws Pkcs11Error, TokenThreadError, UnavailableError where the thread ended
   */
  async run<J extends JobName>(job: J, parameters: Parameters<J>): Promise<Result<J>> {
    const thread = (this.#thread ??= this.#start());
    const running = {...Promise.withResolvers<unknown>(), thread};
    this.#job = running;
    const message: JobMessage = {job, parameters: detached(parameters)};
    thread.ref();
    try {
      // What is transferred is not copied on its way: one place less that keeps it.
      thread.postMessage(message, 'data' in parameters ? [parameters.data.buffer as ArrayBuffer] : []);
      return await running.promise;
    } finally {
      thread.unref();
      this.#job = undefined;
    }
  }

  /** Ends the thread; where it is inside a call, when that returns. */
  async stop(): Promise<void> {
    const thread = this.#thread;
    this.#thread = undefined;
    await thread?.terminate();
  }

  #start(): Worker {
    // TypeScript where the sources run, JavaScript where the build does.
    const script = new URL(`./token-thread-script${extname(import.meta.url)}`, import.meta.url);
    const execArgv = process.execArgv.filter((flag) => !flag.startsWith('--input-type'));
    const thread = new Worker(script, {execArgv, workerData: {library: this.#library}});
    let cause: unknown;
    thread.on('message', (reply: JobReply) => {
      if ('result' in reply) this.#job?.resolve(reply.result);
      else this.#job?.reject(failure(reply));
    });
    thread.on('error', (error: unknown) => {
      cause = error;
    });
    thread.on('exit', (code) => {
      if (this.#thread === thread) this.#thread = undefined;
      if (this.#job?.thread !== thread) return;
      this.#job.reject(ended(cause ?? new Error(`The thread ended with code ${code}.`)));
    });
    thread.unref();
    return thread;
  }
}

/**
 * The same with bytes in memory of their own: what is a view of more takes all of that with it, and small Buffers are views of memory
 * that they share with whatever else the process works on.
 */
function detached<T extends object>(parameters: T): T;
function detached(value: unknown): unknown;
function detached(value: unknown): unknown {
  if (value instanceof Uint8Array)
    return value.byteLength === value.buffer.byteLength ? value : Uint8Array.from(value);
  if (Array.isArray(value)) return value.map((item: unknown) => detached(item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, detached(member)]));
}

function failure({failed, code}: {readonly failed: string; readonly code?: number}): Error {
  return code === undefined ? new TokenThreadError(failed) : new Pkcs11Error(failed, code);
}

function ended(cause: unknown): Error {
  if (errorCode(cause) === 'MODULE_NOT_FOUND')
    return new TokenThreadError('The package pkcs11js is not installed.', {cause});
  return new UnavailableError('The key module could not finish this operation.', {cause});
}
