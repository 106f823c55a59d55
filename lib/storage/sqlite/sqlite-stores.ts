import {resolve} from 'node:path';
import type {Stores} from '../stores.ts';
import {SqliteConnection} from './connection.ts';
import {DatabaseTasks} from './database-task.ts';
import {toStoreError} from './driver-error.ts';
import {SqliteKeyHierarchyStore} from './sqlite-key-hierarchy-store.ts';
import {SqliteKeyRecordStore} from './sqlite-key-record-store.ts';
import {SqliteKeyUseStore} from './sqlite-key-use-store.ts';
import {SqliteKeystoreConfigStore} from './sqlite-keystore-config-store.ts';
import {SqliteLeaseStore} from './sqlite-lease-store.ts';
import {SqliteMaintenanceJobStore} from './sqlite-maintenance-job-store.ts';
import {SqliteReplayStore} from './sqlite-replay-store.ts';
import {SqliteRevocationStore} from './sqlite-revocation-store.ts';
import {SqliteStateStore} from './sqlite-state-store.ts';
import {SqliteStoreTransfer} from './sqlite-store-transfer.ts';
import {writeCopy} from './write-copy.ts';

export interface SqliteStoresOptions {
  /** File name of the database; it is created, mode 0600, where there is none. Its directory must exist. */
  readonly path: string;
  /** How long a call waits for another process's write before it throws `UnavailableError`. */
  readonly busyTimeoutMs?: number;
}

const BUSY_TIMEOUT_MS = 5000;

/** All stores in one SQLite database. Several processes of one machine may have it open. */
export class SqliteStores implements Stores {
  readonly keystores: SqliteKeystoreConfigStore;
  readonly keys: SqliteKeyRecordStore;
  readonly keyUses: SqliteKeyUseStore;
  readonly revocations: SqliteRevocationStore;
  readonly replays: SqliteReplayStore;
  readonly keyHierarchy: SqliteKeyHierarchyStore;
  readonly jobs: SqliteMaintenanceJobStore;
  readonly leases: SqliteLeaseStore;
  readonly state: SqliteStateStore;
  readonly transfer: SqliteStoreTransfer;
  readonly #connection: SqliteConnection;
  readonly #path: string;
  readonly #tasks = new DatabaseTasks();
  readonly #probe;

  private constructor(connection: SqliteConnection, path: string) {
    this.#connection = connection;
    this.#path = path;
    this.keyHierarchy = new SqliteKeyHierarchyStore(connection);
    this.keystores = new SqliteKeystoreConfigStore(connection, this.keyHierarchy);
    this.keys = new SqliteKeyRecordStore(connection);
    this.keyUses = new SqliteKeyUseStore(connection);
    this.revocations = new SqliteRevocationStore(connection);
    this.replays = new SqliteReplayStore(connection);
    this.jobs = new SqliteMaintenanceJobStore(connection);
    this.leases = new SqliteLeaseStore(connection);
    this.state = new SqliteStateStore(connection);
    this.transfer = new SqliteStoreTransfer(connection);
    // Another value each time: SQLite writes nothing where nothing changes.
    this.#probe = connection.prepare<[]>('UPDATE probe SET writes = writes + 1 WHERE id = 1');
  }

  /** @throws StoreOpenError, which says what to do about it. */
  static async open({path, busyTimeoutMs = BUSY_TIMEOUT_MS}: SqliteStoresOptions): Promise<SqliteStores> {
    return new SqliteStores(await SqliteConnection.open(path, busyTimeoutMs), resolve(path));
  }

  async ping(): Promise<void> {
    await this.#connection.write(() => {
      if (this.#probe.run().changes !== 1) throw new TypeError('The probe row is missing.');
    });
  }

  /** In a thread of its own, as is `copyTo`. The write-ahead log grows until it is done. */
  async verify(): Promise<readonly string[]> {
    try {
      return await this.#tasks.run({kind: 'verify', database: this.#path});
    } catch (error) {
      throw toStoreError(error);
    }
  }

  async copyTo(...[path, {onProgress} = {}]: Parameters<NonNullable<Stores['copyTo']>>): Promise<void> {
    await writeCopy(path, async (file) => {
      await this.#tasks.run({kind: 'copy', database: this.#path, path: file}, onProgress);
    });
  }

  async close(): Promise<void> {
    await this.#tasks.stop();
    await this.#connection.close();
  }
}
