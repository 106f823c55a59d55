import type {StateRequest, StateStore, StoredState} from '../state-store.ts';
import type {PreparedStatement, SqliteConnection} from './connection.ts';
import {type AuthenticatedKeyColumns, toKeyRecord} from '../key-columns.ts';
import {KEY_COLUMNS} from './key-row.ts';
import type {SealedVersionColumns} from '../key-version-columns.ts';
import {VERSION_COLUMNS} from './key-version-row.ts';
import {type AuthenticatedKeystoreColumns, toKeystoreConfig} from '../keystore-columns.ts';
import {KEYSTORE_COLUMNS} from './keystore-row.ts';
import {revocationStatements} from './revocation-statements.ts';

type KeystoreRow = AuthenticatedKeystoreColumns & {readonly position: number};
type KeyRow = AuthenticatedKeyColumns & SealedVersionColumns;

const NOTHING: StoredState = {keystore: undefined, key: undefined, isAnyRevoked: false};

export class SqliteStateStore implements StateStore {
  readonly #connection: SqliteConnection;
  readonly #findKeystore: PreparedStatement<[id: string], KeystoreRow>;
  readonly #findKey: PreparedStatement<[keystore: number, localKeyId: string], KeyRow>;
  readonly #findRevocation: ReturnType<typeof revocationStatements>['find'];

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
    this.#findKeystore = connection.prepare(
      `SELECT k.position, ${KEYSTORE_COLUMNS} FROM keystore k WHERE k.id = ?`,
    );
    // Bound in a subquery over a unique key, as all that reads a key.
    this.#findKey = connection.prepare(
      `SELECT ${KEY_COLUMNS}, ${VERSION_COLUMNS}
       FROM key_record r JOIN key_version v ON v.key = r.position
       WHERE r.position = (SELECT position FROM key_record WHERE keystore = ? AND local_id = ?)
       ORDER BY v.version`,
    );
    this.#findRevocation = revocationStatements(connection).find;
  }

  read(request: StateRequest): Promise<StoredState> {
    return this.#connection.snapshot(() => this.#read(request));
  }

  #read({keystoreId, localKeyId, revocations = []}: StateRequest): StoredState {
    const keystore = this.#findKeystore.get(keystoreId);
    if (!keystore) return NOTHING;
    const {position} = keystore;
    const rows = localKeyId === undefined ? [] : this.#findKey.all(position, localKeyId);
    const [first] = rows;
    return {
      keystore: toKeystoreConfig(keystore),
      key: first && toKeyRecord(keystoreId, first, rows),
      isAnyRevoked: revocations.some(
        ({delegator, capabilityId}) =>
          this.#findRevocation.get(position, delegator, capabilityId) !== undefined,
      ),
    };
  }
}
