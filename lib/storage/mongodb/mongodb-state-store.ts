import type {StateRequest, StateStore, StoredState} from '../state-store.ts';
import {keyPlace, toKeyIfAny} from './key-document.ts';
import {CONFIG_PROJECTION, toKeystoreConfig} from './keystore-document.ts';
import type {MongodbConnection} from './mongodb-connection.ts';
import {isAnyRevoked} from './mongodb-revocation-store.ts';

/** Reads the documents side by side, each linearizable: it takes as long as the slowest of them. */
export class MongodbStateStore implements StateStore {
  readonly #connection: MongodbConnection;

  constructor(connection: MongodbConnection) {
    this.#connection = connection;
  }

  read({keystoreId, localKeyId, revocations = []}: StateRequest): Promise<StoredState> {
    return this.#connection.within(async () => {
      const [keystoreDocument, keyDocument, isRevoked] = await Promise.all([
        this.#connection.findOne(
          'keystore',
          {_id: keystoreId},
          {reading: 'decisive', projection: CONFIG_PROJECTION},
        ),
        localKeyId === undefined ? undefined : this.#findKey(keystoreId, localKeyId),
        isAnyRevoked(this.#connection, keystoreId, revocations),
      ]);
      const keystore = keystoreDocument && toKeystoreConfig(keystoreDocument);
      if (!keystore) return {keystore, key: undefined, isAnyRevoked: false};
      return {keystore, key: toKeyIfAny(keyDocument), isAnyRevoked: isRevoked};
    });
  }

  #findKey(keystoreId: string, localKeyId: string) {
    const {_id} = keyPlace({keystoreId, localKeyId});
    return this.#connection.findOne('key', {_id, keystoreId}, {reading: 'decisive'});
  }
}
