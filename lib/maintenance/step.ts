import type {Logger} from 'pino';
import type {KeyAdministration} from '../sealing/key-administration.ts';
import type {StoredMaintenanceJob} from '../storage/maintenance-job-store.ts';
import type {Stores} from '../storage/stores.ts';
import type {JobProgress} from './job-progress.ts';
import type {Pace} from './pace.ts';
import type {SealedData} from './sealed-data.ts';

/** What the steps of a job work with. */
export interface StepContext {
  readonly job: StoredMaintenanceJob;
  readonly progress: JobProgress;
  /** Aborted where this node must not go on. */
  readonly signal: AbortSignal;
  readonly pace: Pace;
  readonly stores: Pick<Stores, 'keyHierarchy' | 'ping'>;
  readonly hierarchy: KeyAdministration;
  readonly sealedData: readonly SealedData[];
  readonly log: Logger;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** How long others may go on to seal under a version that is not the newest any more. */
  readonly settleMs: number;
}
