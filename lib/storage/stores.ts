import type {KeyHierarchyStore} from './key-hierarchy-store.ts';
import type {KeyMaintenance, KeyRecordStore} from './key-record-store.ts';
import type {KeyUseStore} from './key-use-store.ts';
import type {KeystoreConfigStore, KeystoreMaintenance} from './keystore-config-store.ts';
import type {LeaseStore} from './lease-store.ts';
import type {MaintenanceJobStore} from './maintenance-job-store.ts';
import type {ReplayStore} from './replay-store.ts';
import type {RevocationStore} from './revocation-store.ts';
import type {RequestStateStore, StateStore} from './state-store.ts';
import type {StoreTransfer} from './store-transfer.ts';

/** One backend's stores, over one connection or pool. */
export interface Stores {
  readonly keystores: KeystoreMaintenance;
  readonly keys: KeyMaintenance;
  readonly keyUses: KeyUseStore;
  readonly revocations: RevocationStore;
  readonly replays: ReplayStore;
  readonly keyHierarchy: KeyHierarchyStore;
  readonly jobs: MaintenanceJobStore;
  readonly leases: LeaseStore;
  readonly state: StateStore;
  /** Reads and writes something small. @throws UnavailableError */
  ping(): Promise<void>;
  /**
   * What the database itself finds wrong in its file, its references and its constraints: one sentence each, none where
   * all is well. Takes long on a large one; others may read and write meanwhile.
   */
  verify(): Promise<readonly string[]>;
  /**
   * Only of a store in a file. Writes a copy of the whole database, as it is at one moment, to a new file (mode 0600) at `path`; others may read and
   * write meanwhile. @throws UnavailableError; nothing is left at `path` then.
   */
  copyTo?(
    path: string,
    options?: {readonly onProgress?: (done: number, total: number) => void},
  ): Promise<void>;
  /** For moving to another store. Absent: it cannot be moved. */
  readonly transfer?: StoreTransfer;
  /**
   * Only of a store that has no transactions. Finishes what others began and will not end, and what is left of it: nothing
   * visible. To be called now and then; several nodes may at once. @throws UnavailableError
   */
  tidy?(): Promise<void>;
  /** Releases everything. No method may be called afterwards; calling `close` again does nothing. */
  close(): Promise<void>;
}

/** The stores as requests use them: what they give has been verified (lib/integrity). */
export interface RequestStores extends Pick<Stores, 'keyUses' | 'revocations' | 'replays' | 'ping'> {
  readonly keystores: KeystoreConfigStore;
  readonly keys: KeyRecordStore;
  readonly state: RequestStateStore;
}
