import {UnavailableError} from '../errors.ts';
import type {Pkcs11Library} from './pkcs11-library.ts';
import type {JobName, Parameters, Result} from './token-job.ts';
import {TokenThread} from './token-thread.ts';

export interface SessionPoolOptions {
  readonly library: Pick<Pkcs11Library, 'path' | 'shared'>;
  /** Threads, each with a session, at most. */
  readonly sessions: number;
  /** Jobs that wait, at most. */
  readonly queueLength?: number;
}

const QUEUE_LENGTH = 4096;

/** What takes seconds: it never has all sessions, where there are several. */
const MAKING: ReadonlySet<JobName> = new Set(['generateKey', 'generateKeyPair']);

interface Task {
  readonly makes: boolean;
  readonly start: (thread: TokenThread) => Promise<void>;
  readonly reject: (reason: unknown) => void;
}

/**
 * Sessions with a token, one operation in each at a time; first come, first served, but that making keys has half of them at most. A job whose time is over fails, and
 * what it asked the token for is waited for by its thread alone.
 */
export class SessionPool {
  readonly #library: SessionPoolOptions['library'];
  readonly #threads: readonly TokenThread[];
  readonly #idle: TokenThread[];
  readonly #queueLength: number;
  #waiting: Task[] = [];
  #making = 0;
  #closed = false;

  constructor({library, sessions, queueLength = QUEUE_LENGTH}: SessionPoolOptions) {
    this.#library = library;
    this.#queueLength = queueLength;
    this.#threads = Array.from({length: sessions}, () => new TokenThread(library.path));
    this.#idle = [...this.#threads];
  }

  /** @throws UnavailableError where the time is over, too many wait, or the pool is closed; and as `TokenThread.run` */
  async run<J extends JobName>(job: J, parameters: Parameters<J>, timeLimitMs: number): Promise<Result<J>> {
    if (this.#closed) throw closed();
    if (this.#waiting.length >= this.#queueLength)
      throw new UnavailableError('The key module is busy. Try again later.');
    const {promise, resolve, reject} = Promise.withResolvers<Result<J>>();
    const timer = setTimeout(() => {
      reject(new UnavailableError('The token did not answer in time.'));
      this.#waiting = this.#waiting.filter((other) => other !== task);
    }, timeLimitMs);
    const task: Task = {
      makes: MAKING.has(job),
      start: async (thread) => {
        try {
          resolve(await thread.run(job, parameters));
        } catch (error) {
          reject(error);
        }
      },
      reject,
    };
    this.#waiting.push(task);
    this.#dispatch();
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends what waits, and the threads; `last`: in one of them the library's work in this process, too. */
  async close({last, timeLimitMs}: {readonly last: boolean; readonly timeLimitMs: number}): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const task of this.#waiting.splice(0)) task.reject(closed());
    const idle = this.#idle.splice(0).filter((thread) => thread.isRunning);
    const quiet = idle.length === this.#threads.filter((thread) => thread.isRunning).length;
    const ending = (async () => {
      for (const [index, thread] of idle.entries()) {
        // Never while another thread is inside a call.
        const job = last && quiet && index === idle.length - 1 ? 'finalize' : 'closeSession';
        await thread.run(job, {}).catch(() => undefined);
      }
      await Promise.all(this.#threads.map((thread) => thread.stop()));
    })();
    const {promise, resolve} = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => resolve(undefined), timeLimitMs);
    await Promise.race([ending, promise]);
    clearTimeout(timer);
  }

  #dispatch(): void {
    for (let thread = this.#idle.pop(); thread; thread = this.#idle.pop()) {
      const task = this.#next();
      if (!task) {
        this.#idle.push(thread);
        return;
      }
      void this.#work(thread, task);
    }
  }

  #next(): Task | undefined {
    const full = this.#making >= Math.max(1, Math.floor(this.#threads.length / 2));
    const index = this.#waiting.findIndex(({makes}) => !(makes && full));
    return index < 0 ? undefined : this.#waiting.splice(index, 1)[0];
  }

  async #work(thread: TokenThread, task: Task): Promise<void> {
    if (task.makes) this.#making += 1;
    await this.#library.shared(() => task.start(thread));
    if (task.makes) this.#making -= 1;
    if (this.#closed) return;
    this.#idle.push(thread);
    this.#dispatch();
  }
}

function closed(): UnavailableError {
  return new UnavailableError('The key module is closed.');
}
