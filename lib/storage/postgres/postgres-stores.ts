import {InternalError} from '../../errors.ts';
import {NETWORK_STORE_DEFAULTS, type NetworkStoreOptions} from '../network-store-options.ts';
import type {Stores} from '../stores.ts';
import {openDatabase} from './open-database.ts';
import {PostgresConnection} from './postgres-connection.ts';
import {PostgresKeyHierarchyStore} from './postgres-key-hierarchy-store.ts';
import {PostgresKeyRecordStore} from './postgres-key-record-store.ts';
import {PostgresKeyUseStore} from './postgres-key-use-store.ts';
import {PostgresKeystoreConfigStore} from './postgres-keystore-config-store.ts';
import {PostgresLeaseStore} from './postgres-lease-store.ts';
import {PostgresMaintenanceJobStore} from './postgres-maintenance-job-store.ts';
import {PostgresReplayStore} from './postgres-replay-store.ts';
import {PostgresRevocationStore} from './postgres-revocation-store.ts';
import {PostgresStateStore} from './postgres-state-store.ts';
import {PostgresStoreTransfer} from './postgres-store-transfer.ts';
import {parsePostgresUrl, type PostgresLocation} from './postgres-url.ts';
import {statement} from './statement.ts';
import {DatabaseVerification} from './verify-database.ts';

const PROBE = statement('UPDATE probe SET writes = writes + 1 WHERE id = 1');

/** All stores in one PostgreSQL database (14 or newer). Any number of processes, on any machines, may have it open. */
export class PostgresStores implements Stores {
  readonly keystores: PostgresKeystoreConfigStore;
  readonly keys: PostgresKeyRecordStore;
  readonly keyUses: PostgresKeyUseStore;
  readonly revocations: PostgresRevocationStore;
  readonly replays: PostgresReplayStore;
  readonly keyHierarchy: PostgresKeyHierarchyStore;
  readonly jobs: PostgresMaintenanceJobStore;
  readonly leases: PostgresLeaseStore;
  readonly state: PostgresStateStore;
  readonly transfer: PostgresStoreTransfer;
  readonly #connection: PostgresConnection;
  readonly #verification: DatabaseVerification;

  private constructor(connection: PostgresConnection, location: PostgresLocation) {
    this.#connection = connection;
    this.#verification = new DatabaseVerification(location);
    this.keyHierarchy = new PostgresKeyHierarchyStore(connection);
    this.keystores = new PostgresKeystoreConfigStore(connection, this.keyHierarchy);
    this.keys = new PostgresKeyRecordStore(connection);
    this.keyUses = new PostgresKeyUseStore(connection);
    this.revocations = new PostgresRevocationStore(connection);
    this.replays = new PostgresReplayStore(connection);
    this.jobs = new PostgresMaintenanceJobStore(connection);
    this.leases = new PostgresLeaseStore(connection);
    this.state = new PostgresStateStore(connection);
    this.transfer = new PostgresStoreTransfer(connection);
  }

  /** @throws StoreOpenError, which says what to do about it. */
  static async open(options: NetworkStoreOptions): Promise<PostgresStores> {
    const {url, password, log, ...given} = options;
    const limits = {...NETWORK_STORE_DEFAULTS, ...given};
    const location = parsePostgresUrl(url, password);
    await openDatabase(location, {timeoutMs: limits.timeoutMs, log});
    return new PostgresStores(new PostgresConnection(location, {...limits, log}), location);
  }

  async ping(): Promise<void> {
    const {count} = await this.#connection.execute(PROBE);
    if (count !== 1) throw new InternalError(new TypeError('The probe row is missing.'));
  }

  /** Over a connection of its own. */
  verify(): Promise<readonly string[]> {
    return this.#verification.run();
  }

  /** Waits for what is under way, but for `verify`, which is given up. */
  async close(): Promise<void> {
    await this.#verification.stop();
    await this.#connection.close();
  }
}
