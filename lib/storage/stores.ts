import type {KeyHierarchyStore} from './key-hierarchy-store.ts';
import type {KeyRecordStore} from './key-record-store.ts';
import type {KeystoreConfigStore} from './keystore-config-store.ts';
import type {ReplayStore} from './replay-store.ts';
import type {RevocationStore} from './revocation-store.ts';

/** One backend's stores, over one connection or pool. */
export interface Stores {
  readonly keystores: KeystoreConfigStore;
  readonly keys: KeyRecordStore;
  readonly revocations: RevocationStore;
  readonly replays: ReplayStore;
  readonly keyHierarchy: KeyHierarchyStore;
  /** Reads and writes something small. @throws UnavailableError */
  ping(): Promise<void>;
  /** Releases everything. No method may be called afterwards; calling `close` again does nothing. */
  close(): Promise<void>;
}
