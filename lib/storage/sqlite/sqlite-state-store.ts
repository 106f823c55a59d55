import {freezeDeep} from '../../encoding/freeze-deep.ts';
import type {KeyRecord} from '../key-record.ts';
import type {KeystoreConfig} from '../keystore-config-store.ts';
import type {Authenticated} from '../record-authentication.ts';
import type {StateRequest, StateStore, StoredState} from '../state-store.ts';
import type {PreparedStatement, SqliteConnection} from './connection.ts';
import {toKeyRecord} from '../key-columns.ts';
import {KEY_COLUMNS} from './key-row.ts';
import {VERSION_COLUMNS} from './key-version-row.ts';
import {type AuthenticatedKeystoreColumns, toKeystoreConfig} from '../keystore-columns.ts';
import {KEYSTORE_COLUMNS} from './keystore-row.ts';
import {type Known, RecordMemory} from './record-memory.ts';
import {RevocationMemory, type NamedRevocations} from './revocation-memory.ts';
import {revocationStatements} from './revocation-statements.ts';
import {SharedReadings} from './shared-readings.ts';
import {type KeyReading, type KeyRow, WholeKeys} from './whole-keys.ts';

type KeystoreRow = AuthenticatedKeystoreColumns & {readonly position: number};

interface StoredKeystore {
  readonly position: number;
  readonly config: Authenticated<KeystoreConfig>;
}

/** What was read beside a key. */
interface Found {
  /** Undefined where there is none. */
  readonly keystore: Known<StoredKeystore> | undefined;
  /** The database's. */
  readonly version: number;
  readonly isAnyRevoked: boolean;
}

/** Who asks waits for what it needs alone to be on the disk. */
const ANY = {flushed: false};
const KEYSTORES_BYTES = 4 * 1024 * 1024;
/** Of large keys two; else of some five thousand. */
const KEYS_BYTES = 8 * 1024 * 1024;

/** Reads what decides about a request, or is told by the database that nothing of it has changed since it was read. */
export class SqliteStateStore implements StateStore {
  readonly #connection: SqliteConnection;
  readonly #findKeystore: PreparedStatement<[id: string], KeystoreRow>;
  readonly #findKey: PreparedStatement<[keystore: number, localKeyId: string, versions: number], KeyRow>;
  readonly #findRevocation: ReturnType<typeof revocationStatements>['find'];
  readonly #keystores = new RecordMemory<StoredKeystore>(KEYSTORES_BYTES);
  readonly #keys = new RecordMemory<Authenticated<KeyRecord>>(KEYS_BYTES);
  readonly #revocations = new RevocationMemory();
  readonly #wholeKeys: WholeKeys;
  readonly #readings: SharedReadings<StateRequest, StoredState>;

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
    this.#findKeystore = connection.prepare(
      `SELECT k.position, ${KEYSTORE_COLUMNS} FROM keystore k WHERE k.id = ?`,
    );
    // Bound in a subquery over a unique key, as all that reads a key.
    this.#findKey = connection.prepare(
      `SELECT r.position, ${KEY_COLUMNS}, ${VERSION_COLUMNS}
       FROM key_record r JOIN key_version v ON v.key = r.position
       WHERE r.position = (SELECT position FROM key_record WHERE keystore = ? AND local_id = ?)
       ORDER BY v.version LIMIT ?`,
    );
    this.#wholeKeys = new WholeKeys(connection);
    this.#findRevocation = revocationStatements(connection).find;
    this.#readings = new SharedReadings({
      version: (requests) => this.#version(requests),
      recall: (request, version) => this.#recall(request, version),
      read: (request) => this.#read(request),
    });
  }

  read(request: StateRequest): Promise<StoredState> {
    return this.#readings.read(request);
  }

  /** Reads with it, as of the same moment, what is most often not known where nothing has changed: the links of new chains. */
  #version(requests: readonly StateRequest[]): Promise<number> {
    const connection = this.#connection;
    const ask = (): Promise<number> => connection.run(() => connection.dataVersion(), ANY);
    const unknown = requests.filter(
      ({revocations}) => revocations !== undefined && !this.#revocations.has(revocations),
    );
    if (unknown.length === 0) return ask();
    const learn = (): number => {
      const version = connection.dataVersion();
      for (const request of unknown) this.#learn(request, version);
      return version;
    };
    // What cannot be read is read by each itself, and fails by itself.
    return connection.snapshot(learn, ANY).catch(ask);
  }

  #learn({keystoreId, revocations = []}: StateRequest, version: number): void {
    const keystore = this.#keystores.current(keystoreId, version);
    if (keystore) this.#readRevocations(revocations, keystore.value.position, version);
  }

  /** @returns what is known to be in that version of the database, and on the disk; undefined where that is not all. */
  #recall(
    {keystoreId, localKeyId, revocations = []}: StateRequest,
    version: number,
  ): StoredState | undefined {
    const keystore = this.#flushed(this.#keystores.current(keystoreId, version));
    if (!keystore) return undefined;
    const {position, config} = keystore;
    const key =
      localKeyId === undefined
        ? undefined
        : this.#flushed(this.#keys.current(nameOf(position, localKeyId), version));
    if (localKeyId !== undefined && !key) return undefined;
    const isAnyRevoked = this.#revocations.recall(revocations, position, version);
    return isAnyRevoked === undefined ? undefined : {keystore: config, key, isAnyRevoked};
  }

  #flushed<T>(known: Known<T> | undefined): T | undefined {
    return known && this.#connection.isFlushed(known.since) ? known.value : undefined;
  }

  /** Of rows that are as they were when they were on the disk nobody waits for what was written since. */
  async #read(request: StateRequest): Promise<StoredState> {
    const reading = await this.#wholeKeys.read((most) =>
      this.#connection.snapshot(() => this.#begin(request, most), ANY),
    );
    const {keystore, version, isAnyRevoked} = reading.found;
    const key = await this.#connection.run(() => this.#toKey(reading), ANY);
    // What is not there may have been deleted just now.
    const known = request.localKeyId === undefined ? [keystore] : [keystore, key];
    await this.#connection.flushed(Math.max(...known.map((each) => each?.since ?? version)));
    return {keystore: keystore?.value.config, key: key?.value, isAnyRevoked};
  }

  #begin({keystoreId, localKeyId, revocations = []}: StateRequest, most: number): KeyReading<Found> {
    const version = this.#connection.dataVersion();
    const row = this.#findKeystore.get(keystoreId);
    if (!row) {
      return {found: {keystore: undefined, version, isAnyRevoked: false}, key: undefined, versions: []};
    }
    const {position} = row;
    const keystore = this.#keystores.take(keystoreId, version, {
      rows: [row],
      make: () => ({position, config: freezeDeep(toKeystoreConfig(row))}),
    });
    const versions = localKeyId === undefined ? [] : this.#findKey.all(position, localKeyId, most);
    const isAnyRevoked = this.#readRevocations(revocations, position, version);
    return {found: {keystore, version, isAnyRevoked}, key: versions[0], versions};
  }

  #readRevocations(revocations: NamedRevocations, keystore: number, version: number): boolean {
    const isAnyRevoked = revocations.some(
      ({delegator, capabilityId}) =>
        this.#findRevocation.get(keystore, delegator, capabilityId) !== undefined,
    );
    this.#revocations.remember(revocations, {keystore, version, isAnyRevoked});
    return isAnyRevoked;
  }

  #toKey({
    found: {keystore, version},
    key,
    versions,
  }: KeyReading<Found>): Known<Authenticated<KeyRecord>> | undefined {
    if (!keystore || !key) return undefined;
    const {position, config} = keystore.value;
    return this.#keys.take(nameOf(position, key.localKeyId), version, {
      rows: versions,
      make: () => freezeDeep(toKeyRecord(config.id, key, versions)),
    });
  }
}

const nameOf = (keystore: number, localKeyId: string): string => `${keystore} ${localKeyId}`;
