import type {Db} from 'mongodb';
import type {Stores} from '../stores.ts';
import {checkServer} from './check-server.ts';
import {Documents} from './documents.ts';
import {GuardedWrites} from './guarded-write.ts';
import {KeystoreDeletion} from './keystore-deletion.ts';
import {migrate} from './migrate.ts';
import {MongodbConnection} from './mongodb-connection.ts';
import {MongodbKeyHierarchyStore} from './mongodb-key-hierarchy-store.ts';
import {MongodbKeyRecordStore} from './mongodb-key-record-store.ts';
import {MongodbKeyUseStore} from './mongodb-key-use-store.ts';
import {MongodbKeystoreConfigStore} from './mongodb-keystore-config-store.ts';
import {MongodbLeaseStore} from './mongodb-lease-store.ts';
import {MongodbMaintenanceJobStore} from './mongodb-maintenance-job-store.ts';
import type {MongodbOptions} from './mongodb-options.ts';
import {MongodbReplayStore} from './mongodb-replay-store.ts';
import {MongodbRevocationStore} from './mongodb-revocation-store.ts';
import {MongodbStateStore} from './mongodb-state-store.ts';
import {MongodbStoreTransfer} from './mongodb-store-transfer.ts';
import {parseMongodbUrl} from './mongodb-url.ts';
import {NETWORK_STORE_DEFAULTS} from '../network-store-options.ts';
import {toOpenError} from './open-error.ts';
import {tidy} from './tidy.ts';
import {verifyDatabase} from './verify-database.ts';

/** Indexes of what is stored take their time. */
const MIGRATION_TIMEOUT_MS = 600_000;

/** A write, as every write is: privileges are missing now, or not at all. */
async function probe(db: Db): Promise<void> {
  const change = {$inc: {writes: 1}};
  await db
    .collection<{_id: string; writes: number}>('probe')
    .updateOne({_id: 'probe'}, change, {upsert: true});
}

/** All stores in one MongoDB database. Any number of processes may have it open. */
export class MongodbStores implements Stores {
  readonly keystores: MongodbKeystoreConfigStore;
  readonly keys: MongodbKeyRecordStore;
  readonly keyUses: MongodbKeyUseStore;
  readonly revocations: MongodbRevocationStore;
  readonly replays: MongodbReplayStore;
  readonly keyHierarchy: MongodbKeyHierarchyStore;
  readonly jobs: MongodbMaintenanceJobStore;
  readonly leases: MongodbLeaseStore;
  readonly state: MongodbStateStore;
  readonly transfer: MongodbStoreTransfer;
  readonly #connection: MongodbConnection;
  readonly #deletion: KeystoreDeletion;

  private constructor(connection: MongodbConnection, {timeoutMs, onStep}: MongodbOptions) {
    const writes = new GuardedWrites({
      documents: new Documents(connection),
      timeoutMs: timeoutMs ?? NETWORK_STORE_DEFAULTS.timeoutMs,
      onStep,
    });
    const deletion = new KeystoreDeletion(connection, writes);
    this.#connection = connection;
    this.#deletion = deletion;
    this.keyHierarchy = new MongodbKeyHierarchyStore(connection, writes);
    this.keystores = new MongodbKeystoreConfigStore(connection, writes, deletion);
    this.keys = new MongodbKeyRecordStore(connection, writes);
    this.keyUses = new MongodbKeyUseStore(connection);
    this.revocations = new MongodbRevocationStore(connection, writes);
    this.replays = new MongodbReplayStore(connection);
    this.jobs = new MongodbMaintenanceJobStore(connection);
    this.leases = new MongodbLeaseStore(connection);
    this.state = new MongodbStateStore(connection);
    this.transfer = new MongodbStoreTransfer(connection);
  }

  /** Makes, or changes, collections and indexes as this release has them. @throws StoreOpenError, which says what to do about it. */
  static async open(options: MongodbOptions): Promise<MongodbStores> {
    const {hosts} = parseMongodbUrl(options);
    let connection: MongodbConnection | undefined;
    try {
      connection = await MongodbConnection.open(options);
      await connection.administer((db) => checkServer(db, options.log));
      await connection.administer((db) => migrate(db, options.log), MIGRATION_TIMEOUT_MS);
      await connection.administer(probe);
      return new MongodbStores(connection, options);
    } catch (error) {
      await connection?.close();
      throw toOpenError(error, hosts);
    }
  }

  async ping(): Promise<void> {
    await this.#connection.within(() =>
      this.#connection.update('probe', {_id: 'probe'}, {$inc: {writes: 1}}, {upsert: true}),
    );
  }

  /** Reads everything, a part after the other; others write meanwhile. */
  verify(): Promise<readonly string[]> {
    return verifyDatabase(this.#connection);
  }

  /** Finishes what others began and did not end: deletions of keystores, and writes that will not be made any more. */
  tidy(): Promise<void> {
    return tidy(this.#connection, this.#deletion);
  }

  close(): Promise<void> {
    return this.#connection.close();
  }
}
