import {UnavailableError} from '../../../errors.ts';
import {busy, JobQueue, type JobQueueLimits} from '../../../job-queue.ts';
import {JobWorker, type JobWorkerOptions} from './job-worker.ts';

export interface WorkerPoolLimits extends JobQueueLimits, Omit<JobWorkerOptions, 'script'> {
  /** How many threads work at the same time. */
  readonly threads: number;
}

interface Task<Job, Result> extends PromiseWithResolvers<Result> {
  readonly prepare: () => Job;
}

/** Does jobs in worker threads, none of which is started before it is needed. */
export class WorkerPool<Job, Result> {
  readonly #waiting: JobQueue<Task<Job, Result>>;
  readonly #workers: readonly JobWorker<Job, Result>[];
  readonly #idle: JobWorker<Job, Result>[];
  /** Those whose thread ends with the job that it is at. */
  readonly #retiring = new Set<JobWorker<Job, Result>>();
  #closed = false;

  constructor(script: URL, limits: WorkerPoolLimits) {
    this.#waiting = new JobQueue(limits);
    const {timeLimitMs} = limits;
    this.#workers = Array.from({length: limits.threads}, () => new JobWorker({script, timeLimitMs}));
    this.#idle = [...this.#workers];
  }

  /**
   * `prepare` is called when the job's turn has come: what it makes does not wait in memory.
   * @throws UnavailableError where the queue or the scope's share of it is full, also where it has filled since with what scopes
   *   ask for that wait for less, and as `JobWorker.run`.
   */
  async run(scope: string, prepare: () => Job): Promise<Result> {
    if (this.#closed) throw closed();
    const task = {...Promise.withResolvers<Result>(), prepare};
    this.#waiting.add(scope, task)?.reject(busy());
    this.#dispatch();
    return task.promise;
  }

  /** Ends each thread, with all that is in its memory, when it has done the job that it is at. The next job starts another. */
  retireThreads(): void {
    for (const worker of this.#workers) {
      if (this.#idle.includes(worker)) void worker.stop();
      else this.#retiring.add(worker);
    }
  }

  /** Ends the threads; what runs and what waits fails with `UnavailableError`. */
  async close(): Promise<void> {
    this.#closed = true;
    for (let task = this.#waiting.take(); task; task = this.#waiting.take()) task.reject(closed());
    await Promise.all(this.#workers.map((worker) => worker.stop()));
  }

  #dispatch(): void {
    for (let worker = this.#idle.pop(); worker; worker = this.#idle.pop()) {
      const task = this.#waiting.take();
      if (!task) {
        this.#idle.push(worker);
        return;
      }
      void this.#work(worker, task);
    }
  }

  async #work(worker: JobWorker<Job, Result>, {prepare, resolve, reject}: Task<Job, Result>): Promise<void> {
    try {
      resolve(await worker.run(prepare()));
    } catch (error) {
      reject(error);
    }
    if (this.#retiring.delete(worker)) await worker.stop();
    this.#idle.push(worker);
    this.#dispatch();
  }
}

function closed(): UnavailableError {
  return new UnavailableError('The key module is closed.');
}
