import {randomBytes} from 'node:crypto';
import type {Logger} from 'pino';
import {DuplicateError, UnavailableError} from '../errors.ts';
import type {RecordAuthenticator} from '../integrity/record-authenticator.ts';
import type {KeyModule} from '../key-modules/key-module.ts';
import type {KeyAdministration} from '../sealing/key-administration.ts';
import {InvalidSchemaError, SealedError} from '../sealing/sealing-errors.ts';
import type {MaintenanceJob, StoredMaintenanceJob} from '../storage/maintenance-job-store.ts';
import type {Stores} from '../storage/stores.ts';
import {JobLease, JobLeaseLostError} from './job-lease.ts';
import type {JobOutcome, StepProgress} from './job-outcome.ts';
import {JobProgress} from './job-progress.ts';
import {isSameRequest, JobUnfinishedError, type JobRequest} from './job-request.ts';
import {Pace, pauseFor, type PaceOptions} from './pace.ts';
import {pruneStep} from './prune-step.ts';
import {rewrapStep} from './rewrap-step.ts';
import {rotateStep} from './rotate-step.ts';
import type {SealedData} from './sealed-data.ts';
import {SealedKeyRecords} from './sealed-key-records.ts';
import {SealedKeystores} from './sealed-keystores.ts';
import {SealedRootSealers} from './sealed-root-sealers.ts';

const LEASE_MS = 30_000;
/** Nodes look once a second for new key versions. */
const SETTLE_MS = 2000;
const WATCH_EVERY_MS = 200;
/** Every so many times that it looks, who watches tries to do it. */
const RESUME_AT_LOOKS = 10;
const LOG_EVERY_MS = 10_000;

const STEPS = {rotate: rotateStep, rewrap: rewrapStep, prune: pruneStep};

export interface JobRunnerOptions {
  readonly stores: Pick<Stores, 'keyHierarchy' | 'keys' | 'keystores' | 'jobs' | 'ping'>;
  readonly hierarchy: KeyAdministration;
  readonly authenticator: RecordAuthenticator;
  /** By the names that keystores use. */
  readonly keyModules: ReadonlyMap<string, KeyModule>;
  readonly log: Logger;
  readonly pace?: PaceOptions;
  /** Rows of an application's own tables. */
  readonly sealedData?: readonly SealedData[];
  /** Milliseconds since the epoch. */
  readonly clock?: () => number;
  /**
   * Who has a job's lease. Where it is the same after a restart, and nobody else's, an interrupted job goes on at once;
   * else when its lease has ended.
   */
  readonly nodeId?: string;
  readonly leaseMs?: number;
  /** How long others may go on to seal under a version that is not the newest any more. */
  readonly settleMs?: number;
}

/** Does maintenance jobs: durable, one at a time, by one node; in small pieces, so that requests do not wait for them. */
export class JobRunner {
  readonly #options: JobRunnerOptions;
  readonly #sealedData: readonly SealedData[];
  readonly #pace: Pace;
  readonly #clock: () => number;
  readonly #nodeId: string;
  readonly #closing = new AbortController();
  #attempt: Promise<void> | undefined;
  #lookAgain = false;
  #current: {readonly job: StoredMaintenanceJob; readonly progress: JobProgress} | undefined;

  constructor(options: JobRunnerOptions) {
    const {stores, hierarchy, authenticator, keyModules, sealedData = [], clock = Date.now} = options;
    this.#options = options;
    this.#clock = clock;
    this.#nodeId = options.nodeId ?? randomBytes(16).toString('base64url');
    this.#pace = new Pace(options.pace);
    this.#sealedData = [
      new SealedRootSealers({store: stores.keyHierarchy, hierarchy}),
      new SealedKeystores({keystores: stores.keystores, authenticator}),
      new SealedKeyRecords({stores, authenticator, keyModules}),
      ...sealedData,
    ];
  }

  /**
   * Every column that names data key versions must be one that a rewrap empties of old ones: else it would leave them in use
   * for ever. @throws InvalidSchemaError, which names the others
   */
  async assertAllRewrapped(): Promise<void> {
    const rewrapped = new Set(this.#sealedData.flatMap(({referencers}) => referencers));
    const referencers = await this.#options.hierarchy.listDataKeyVersionReferencers();
    const others = referencers.map(({name}) => name).filter((name) => !rewrapped.has(name));
    if (others.length > 0)
      throw new InvalidSchemaError(`Nothing rewraps what is sealed in ${others.join(', ')}.`);
  }

  /**
   * Begins a job, or gives the unfinished one that was asked for in the same words.
   * @throws JobUnfinishedError, InvalidSchemaError, UnavailableError
   */
  async start(request: JobRequest): Promise<StoredMaintenanceJob> {
    const {steps, scope, rotateBefore} = request;
    await this.assertAllRewrapped();
    const job: MaintenanceJob = {
      id: `job_${randomBytes(16).toString('base64url')}`,
      steps,
      ...(scope !== undefined && {scope}),
      createdAt: this.#clock(),
      ...(rotateBefore !== undefined && {rotateBefore}),
    };
    for (;;) {
      try {
        await this.#options.stores.jobs.insert(job);
        this.#options.log.info({job: job.id, steps, scope}, 'job begun');
        this.resume();
        return job;
      } catch (error) {
        if (!(error instanceof DuplicateError)) throw error;
      }
      const unfinished = await this.#options.stores.jobs.findUnfinished();
      if (!unfinished) continue;
      if (!isSameRequest(unfinished, request)) throw new JobUnfinishedError(unfinished);
      this.resume();
      return unfinished;
    }
  }

  /**
   * Waits for a job's end, and does it itself where nobody else does. The job goes on where `signal` is aborted.
   * @throws the signal's reason; UnavailableError where this runner is closed, or the store cannot be reached
   */
  async watch(
    id: string,
    {report, signal}: {readonly report: (progress: StepProgress) => void; readonly signal: AbortSignal},
  ): Promise<JobOutcome> {
    const either = AbortSignal.any([signal, this.#closing.signal]);
    for (let looks = 0; ; looks++) {
      either.throwIfAborted();
      const current = this.#current?.job.id === id ? this.#current : undefined;
      const job = current?.job ?? (await this.#options.stores.jobs.find(id));
      if (!job) throw new UnavailableError('There is no such job.');
      const progress = current?.progress ?? JobProgress.parse(job.progress);
      if (job.finishedAt !== undefined) return progress.outcome(job.failure);
      const reported = progress.report(job);
      if (reported) report(reported);
      if (!current && looks % RESUME_AT_LOOKS === 0) this.resume();
      const pause = pauseFor(WATCH_EVERY_MS, either);
      await (current ? Promise.race([pause, this.#attempt]) : pause);
    }
  }

  /** What the unfinished job, or one that has ended, has done until now. */
  outcomeOf(job: StoredMaintenanceJob): JobOutcome {
    const current = this.#current?.job.id === job.id ? this.#current : undefined;
    return (current?.progress ?? JobProgress.parse(job.progress)).outcome(job.failure);
  }

  /** Goes on with an unfinished job that nobody has. To be called at the start, and every few seconds. */
  resume(): void {
    if (this.#closing.signal.aborted) return;
    if (this.#attempt) {
      // It may have looked before there was one.
      this.#lookAgain = true;
      return;
    }
    this.#lookAgain = false;
    this.#attempt = this.#tryUnfinished().finally(() => {
      this.#attempt = undefined;
      if (this.#lookAgain) this.resume();
    });
  }

  /** Stops between two pieces of work; the job is left to others, or to the next start. */
  async close(): Promise<void> {
    this.#closing.abort(new UnavailableError('The job goes on when the server does.'));
    await this.#attempt;
  }

  /** Never rejects. */
  async #tryUnfinished(): Promise<void> {
    const {stores, log, leaseMs = LEASE_MS} = this.#options;
    try {
      const job = await stores.jobs.findUnfinished();
      if (!job) return;
      const progress = JobProgress.parse(job.progress);
      const lease = await JobLease.acquire({
        jobs: stores.jobs,
        jobId: job.id,
        holder: this.#nodeId,
        leaseMs,
        clock: this.#clock,
        describe: () => progress.stringify(),
        log,
      });
      if (!lease) return;
      this.#current = {job, progress};
      try {
        await this.#run(job, progress, lease);
      } finally {
        this.#current = undefined;
        await lease.release();
      }
    } catch (err) {
      this.#logStop(err);
    }
  }

  async #run(job: StoredMaintenanceJob, progress: JobProgress, lease: JobLease): Promise<void> {
    const {stores, hierarchy, log, settleMs = SETTLE_MS} = this.#options;
    const signal = AbortSignal.any([lease.signal, this.#closing.signal]);
    const logging = setInterval(
      () => log.info({job: job.id, ...progress.report(job)}, 'job goes on'),
      LOG_EVERY_MS,
    );
    let failure: string | undefined;
    try {
      for (let name = job.steps[progress.step]; name; name = job.steps[progress.step]) {
        await STEPS[name]({
          job,
          progress,
          signal,
          pace: this.#pace,
          stores,
          hierarchy,
          sealedData: this.#sealedData,
          log,
          clock: this.#clock,
          settleMs,
        });
        progress.endStep();
        await lease.save();
      }
      failure = progress.failure();
    } catch (error) {
      if (signal.aborted || error instanceof UnavailableError) throw error;
      // Tried again, it would fail again, and nothing else could be begun.
      log.error({err: error, job: job.id}, 'job given up');
      failure = 'It was given up; the log says why.';
    } finally {
      clearInterval(logging);
    }
    await lease.finish(failure);
    log.info({job: job.id, ...progress.outcome(failure)}, 'job ended');
  }

  #logStop(err: unknown): void {
    const {log} = this.#options;
    if (this.#closing.signal.aborted) log.info('the job goes on when the server does');
    else if (err instanceof SealedError) log.debug('the job waits until the server is unsealed');
    else if (err instanceof JobLeaseLostError) log.warn({err}, 'another node does the job');
    else log.warn({err}, 'the job was interrupted; it is tried again');
  }
}
