import {UnavailableError} from '../errors.ts';
import {busy, JobQueue, type JobQueueLimits} from '../job-queue.ts';
import type {Pkcs11Library} from './pkcs11-library.ts';
import type {JobName, Parameters, Result} from './token-job.ts';
import {TokenThread} from './token-thread.ts';

export interface SessionPoolLimits {
  readonly uses: JobQueueLimits;
  /** Of those that make keys. */
  readonly makings: JobQueueLimits;
}

export interface SessionPoolOptions {
  readonly library: Pick<Pkcs11Library, 'path' | 'shared'>;
  /** Threads, each with a session, at most. */
  readonly sessions: number;
  /** Of jobs that wait. */
  readonly limits?: SessionPoolLimits | undefined;
}

/** What takes seconds: it never has all sessions, where there are several. */
const MAKING: ReadonlySet<JobName> = new Set(['generateKey', 'generateKeyPair']);
const LIMITS: SessionPoolLimits = {
  uses: {queueLength: 4096, share: 1024},
  makings: {queueLength: 1024, share: 256},
};

interface Task {
  readonly makes: boolean;
  readonly start: (thread: TokenThread) => Promise<void>;
  readonly reject: (reason: unknown) => void;
}

export interface JobOptions {
  readonly timeLimitMs: number;
  /** Whose job it is; absent of what all others need, such as a login: that comes first. */
  readonly owner?: string | undefined;
}

/**
 * Sessions with a token, one operation in each at a time. Owners take turns, so that however much one of them asks for, another waits
 * for one job of it; making keys has half of the sessions at most. A job whose time is over fails, and what it asked the token
 * for is waited for by its thread alone.
 */
export class SessionPool {
  readonly #library: SessionPoolOptions['library'];
  readonly #threads: readonly TokenThread[];
  readonly #idle: TokenThread[];
  readonly #urgent: JobQueue<Task>;
  readonly #uses: JobQueue<Task>;
  readonly #makings: JobQueue<Task>;
  #making = 0;
  #hasMade = false;
  #closed = false;

  constructor({library, sessions, limits = LIMITS}: SessionPoolOptions) {
    this.#library = library;
    this.#uses = new JobQueue(limits.uses);
    this.#makings = new JobQueue(limits.makings);
    this.#urgent = new JobQueue({...limits.uses, share: limits.uses.queueLength});
    this.#threads = Array.from({length: sessions}, () => new TokenThread(library.path));
    this.#idle = [...this.#threads];
  }

  /**
   * @throws UnavailableError where the time is over, too many wait, of the owner or of all, or the pool is closed; and as
   *   `TokenThread.run`
   */
  async run<J extends JobName>(
    job: J,
    parameters: Parameters<J>,
    {timeLimitMs, owner}: JobOptions,
  ): Promise<Result<J>> {
    if (this.#closed) throw closed();
    const {promise, resolve, reject} = Promise.withResolvers<Result<J>>();
    const makes = MAKING.has(job);
    const task: Task = {
      makes,
      start: async (thread) => {
        try {
          resolve(await thread.run(job, parameters));
        } catch (error) {
          reject(error);
        }
      },
      reject,
    };
    const queue = owner === undefined ? this.#urgent : makes ? this.#makings : this.#uses;
    const place = owner ?? '';
    queue.add(place, task)?.reject(busy());
    const timer = setTimeout(() => {
      reject(new UnavailableError('The token did not answer in time.'));
      queue.remove(place, task);
    }, timeLimitMs);
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
    for (const queue of [this.#urgent, this.#uses, this.#makings])
      for (let task = queue.take(); task; task = queue.take()) task.reject(closed());
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
    const urgent = this.#urgent.take();
    if (urgent) return urgent;
    if (this.#making >= Math.max(1, Math.floor(this.#threads.length / 2))) return this.#uses.take();
    // With one session neither keeps the other from it.
    this.#hasMade = !this.#hasMade;
    return this.#hasMade
      ? (this.#makings.take() ?? this.#uses.take())
      : (this.#uses.take() ?? this.#makings.take());
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
