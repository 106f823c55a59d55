import type {StateRequest, StateStore, StoredState} from '../state-store.ts';
import {readOneKey} from './key-rows.ts';
import {readKeystore} from './keystore-rows.ts';
import type {PostgresConnection} from './postgres-connection.ts';
import {revocationIdentity} from './revocation-identity.ts';
import {READ_KEYSTORE, READ_WITH_KEY} from './state-statements.ts';
import {withStoreErrors} from './with-store-errors.ts';

const NOTHING: StoredState = {keystore: undefined, key: undefined, isAnyRevoked: false};

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
