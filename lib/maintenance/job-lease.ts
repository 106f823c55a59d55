import type {Logger} from 'pino';
import type {MaintenanceJobStore} from '../storage/maintenance-job-store.ts';

export interface JobLeaseOptions {
  readonly jobs: MaintenanceJobStore;
  readonly jobId: string;
  readonly holder: string;
  readonly leaseMs: number;
  readonly clock: () => number;
  /** What is stored as the job's progress. */
  readonly describe: () => string;
  readonly log: Logger;
}

const SAVE_EVERY_MS = 1000;

/** Another node has, or may have, the job: this one must not go on. */
export class JobLeaseLostError extends Error {
  override readonly name = 'JobLeaseLostError';

  constructor() {
    super('The job is no longer for this node to do.');
  }
}

/** Keeps a job that was acquired, and its stored progress up to date, until it is released. */
export class JobLease {
  readonly #options: JobLeaseOptions;
  readonly #lost = new AbortController();
  #expiresAt: number;
  #saved: string | undefined;
  #beating: Promise<void> | undefined;
  #finished = false;
  readonly #timer: NodeJS.Timeout;

  private constructor(options: JobLeaseOptions, expiresAt: number) {
    this.#options = options;
    this.#expiresAt = expiresAt;
    const everyMs = Math.min(SAVE_EVERY_MS, options.leaseMs / 3);
    this.#timer = setInterval(() => {
      this.#beating ??= this.#beat().finally(() => (this.#beating = undefined));
    }, everyMs);
  }

  /** @returns undefined where another has the job. @throws UnavailableError */
  static async acquire(options: JobLeaseOptions): Promise<JobLease | undefined> {
    const {jobs, jobId, holder, leaseMs, clock} = options;
    const now = clock();
    const expiresAt = now + leaseMs;
    const acquired = await jobs.acquire(jobId, {holder, now, expiresAt});
    return acquired ? new JobLease(options, expiresAt) : undefined;
  }

  /** Aborted, with a `JobLeaseLostError`, where the lease was lost. */
  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  /** @throws JobLeaseLostError, UnavailableError */
  async save(): Promise<void> {
    const {jobs, jobId, holder, describe} = this.#options;
    const progress = describe();
    if (progress === this.#saved) return;
    if (!(await jobs.saveProgress(jobId, {holder, progress}))) this.#lose();
    this.#lost.signal.throwIfAborted();
    this.#saved = progress;
  }

  /** @throws JobLeaseLostError, UnavailableError */
  async finish(failure: string | undefined): Promise<void> {
    await this.save();
    const {jobs, jobId, holder, clock} = this.#options;
    const end = {holder, finishedAt: clock(), ...(failure !== undefined && {failure})};
    if (!(await jobs.finish(jobId, end))) this.#lose();
    this.#lost.signal.throwIfAborted();
    this.#finished = true;
  }

  /** Lets others have it at once. Never rejects: where the store is down, the lease ends by itself. */
  async release(): Promise<void> {
    clearInterval(this.#timer);
    await this.#beating;
    const {jobs, jobId, holder, log} = this.#options;
    if (this.#finished) return;
    try {
      if (!this.#lost.signal.aborted) await this.save();
      await jobs.release(jobId, holder);
    } catch (err) {
      log.debug({err, job: jobId}, 'a job was not released');
    }
  }

  async #beat(): Promise<void> {
    const {jobs, jobId, holder, leaseMs, clock, log} = this.#options;
    const now = clock();
    try {
      const dueMs = this.#expiresAt - now;
      if (dueMs < (leaseMs * 2) / 3) {
        const expiresAt = now + leaseMs;
        if (!(await jobs.acquire(jobId, {holder, now, expiresAt}))) {
          this.#lose();
          return;
        }
        this.#expiresAt = expiresAt;
      }
      await this.save();
    } catch (err) {
      log.warn({err, job: jobId}, 'the lease of a job could not be renewed');
      if (clock() >= this.#expiresAt) this.#lose();
    }
  }

  #lose(): void {
    this.#lost.abort(new JobLeaseLostError());
  }
}
