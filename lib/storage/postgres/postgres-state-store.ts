import type {StateRequest, StateStore, StoredState} from '../state-store.ts';
import {KEY_COLUMNS, KEYSTORE_COLUMNS, VERSION_COLUMNS} from './key-columns-sql.ts';
import {readOneKey} from './key-rows.ts';
import {readKeystore} from './keystore-rows.ts';
import type {PostgresConnection} from './postgres-connection.ts';
import {revocationIdentity} from './revocation-identity.ts';
import {statement} from './statement.ts';
import {withStoreErrors} from './with-store-errors.ts';

const NOTHING: StoredState = {keystore: undefined, key: undefined, isAnyRevoked: false};

const READ_KEYSTORE = statement(`SELECT ${KEYSTORE_COLUMNS},
    EXISTS (SELECT 1 FROM revocation x WHERE x.keystore = k.position AND x.identity = ANY ($2)) AS revoked
  FROM keystore k WHERE k.id = $1`);

/** A row for each version, all but the version's in the first alone; one row where there is no such key. */
const READ_WITH_KEY = statement(`SELECT ${KEYSTORE_COLUMNS},
    CASE WHEN v.version > 1 THEN false ELSE
      EXISTS (SELECT 1 FROM revocation x WHERE x.keystore = k.position AND x.identity = ANY ($2)) END AS revoked,
    ${KEY_COLUMNS}, ${VERSION_COLUMNS}
  FROM keystore k
    LEFT JOIN key_record r ON r.keystore = k.position AND r.local_id = $3
    LEFT JOIN key_version v ON v.key = r.position
  WHERE k.id = $1 ORDER BY v.version`);

export class PostgresStateStore implements StateStore {
  readonly #connection: PostgresConnection;

  constructor(connection: PostgresConnection) {
    this.#connection = connection;
  }

  read({keystoreId, localKeyId, revocations = []}: StateRequest): Promise<StoredState> {
    return withStoreErrors(async () => {
      const identities = revocations.map(revocationIdentity);
      const rows = await (localKeyId === undefined
        ? this.#connection.query(READ_KEYSTORE, [keystoreId, identities])
        : this.#connection.query(READ_WITH_KEY, [keystoreId, identities, localKeyId]));
      const [first] = rows;
      if (!first) return NOTHING;
      const hasKey = typeof first['version'] === 'number';
      return {
        keystore: readKeystore(first),
        key: hasKey ? readOneKey(keystoreId, rows) : undefined,
        // What is not false is believed to be a revocation.
        isAnyRevoked: first['revoked'] !== false,
      };
    });
  }
}
