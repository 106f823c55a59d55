/** Work on all keys, or one scope's, that goes on until it is done, over restarts and whoever does it. */
export interface MaintenanceJob {
  /** `job_` + random. */
  readonly id: string;
  /** `rotate`: new versions of every key that is older than `rotateBefore`. `rewrap`: re-seal what is under old versions. `prune`: destroy versions that nothing refers to. In this order. */
  readonly steps: readonly ('rotate' | 'rewrap' | 'prune')[];
  /** undefined: all scopes. */
  readonly scope?: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Scopes whose newest root key version is older than this are rotated; what has a newer one stays. `createdAt` if not given. */
  readonly rotateBefore?: number;
}

export interface StoredMaintenanceJob extends MaintenanceJob {
  /** Where the current step is: opaque to the store. */
  readonly progress?: string;
  /** Set when it has ended; a job without is unfinished. */
  readonly finishedAt?: number;
  /** Why it was given up, if it was. */
  readonly failure?: string;
}

/** Of jobs that have finished, no more are kept. */
export const MAX_FINISHED_JOBS = 50;

/** Persistence of maintenance jobs. Each method is atomic and durable, and throws `UnavailableError` where the store cannot be reached. */
export interface MaintenanceJobStore {
  /** @throws DuplicateError where one is unfinished: there is at most one at a time. */
  insert(job: MaintenanceJob): Promise<void>;
  findUnfinished(): Promise<StoredMaintenanceJob | undefined>;
  find(id: string): Promise<StoredMaintenanceJob | undefined>;
  /** At most `limit` jobs, finished and not, the newest first. */
  listNewest(options: {readonly limit: number}): Promise<readonly StoredMaintenanceJob[]>;
  /**
   * Takes the job, or keeps it, until `expiresAt`, if nobody else has it at `now`: one node does the work.
   * @returns whether `holder` has it now.
   */
  acquire(
    id: string,
    lease: {readonly holder: string; readonly now: number; readonly expiresAt: number},
  ): Promise<boolean>;
  /** Lets others have it at once. Nothing happens where `holder` has it not. */
  release(id: string, holder: string): Promise<void>;
  /** @returns false where `holder` has it not, and then nothing was written. */
  saveProgress(id: string, options: {readonly holder: string; readonly progress: string}): Promise<boolean>;
  /**
   * Ends the job, and forgets those that finished before the newest `MAX_FINISHED_JOBS` that have.
   * @returns false where `holder` has it not.
   */
  finish(
    id: string,
    options: {readonly holder: string; readonly finishedAt: number; readonly failure?: string},
  ): Promise<boolean>;
}
