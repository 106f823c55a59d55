import {Documents} from '../../../lib/storage/mongodb/documents.ts';
import {GuardedWrites} from '../../../lib/storage/mongodb/guarded-write.ts';
import {KeystoreDeletion} from '../../../lib/storage/mongodb/keystore-deletion.ts';
import {MongodbKeyHierarchyStore} from '../../../lib/storage/mongodb/mongodb-key-hierarchy-store.ts';
import {MongodbKeyRecordStore} from '../../../lib/storage/mongodb/mongodb-key-record-store.ts';
import {MongodbKeystoreConfigStore} from '../../../lib/storage/mongodb/mongodb-keystore-config-store.ts';
import {MongodbMaintenanceJobStore} from '../../../lib/storage/mongodb/mongodb-maintenance-job-store.ts';
import {MongodbRevocationStore} from '../../../lib/storage/mongodb/mongodb-revocation-store.ts';
import {MongodbStateStore} from '../../../lib/storage/mongodb/mongodb-state-store.ts';
import type {Stores} from '../../../lib/storage/stores.ts';
import type {BeforeCommand, ModelDatabase} from './model-database.ts';

export interface ModelStoresOptions {
  readonly before?: BeforeCommand;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** An hour: operations end when the test lets them. */
const TIMEOUT_MS = 3_600_000;

/** The stores whose writes depend on each other, over a database in memory. */
export function openModelStores(database: ModelDatabase, {before, now}: ModelStoresOptions = {}): Stores {
  const connection = database.connect(before);
  const writes = new GuardedWrites({
    documents: new Documents(connection),
    timeoutMs: TIMEOUT_MS,
    now,
    pause: () => Promise.resolve(),
  });
  const deletion = new KeystoreDeletion(connection, writes);
  const stores: Partial<Stores> = {
    keyHierarchy: new MongodbKeyHierarchyStore(connection, writes),
    keystores: new MongodbKeystoreConfigStore(connection, writes, deletion),
    keys: new MongodbKeyRecordStore(connection, writes),
    revocations: new MongodbRevocationStore(connection, writes),
    jobs: new MongodbMaintenanceJobStore(connection),
    state: new MongodbStateStore(connection),
    close: () => Promise.resolve(),
  };
  return stores as Stores;
}
