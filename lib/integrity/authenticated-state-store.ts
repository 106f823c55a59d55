import {InternalError} from '../errors.ts';
import type {KeyRecord} from '../storage/key-record.ts';
import type {KeyRecordId, KeyRecordStore} from '../storage/key-record-store.ts';
import type {KeystoreConfig, KeystoreConfigStore} from '../storage/keystore-config-store.ts';
import type {Authenticated} from '../storage/record-authentication.ts';
import type {RevocationStore} from '../storage/revocation-store.ts';
import type {RequestState, RequestStateStore, StateRequest, StateStore} from '../storage/state-store.ts';
import type {RecordAuthenticator} from './record-authenticator.ts';
import {TamperedRecordError} from './tampered-record-error.ts';

export interface AuthenticatedStateStoreOptions {
  readonly store: StateStore;
  readonly authenticator: Pick<RecordAuthenticator, 'verifyKeystore' | 'verifyKey'>;
  /** Each part by itself. Verified. */
  readonly keystores: Pick<KeystoreConfigStore, 'find'>;
  readonly keys: Pick<KeyRecordStore, 'find'>;
  readonly revocations: Pick<RevocationStore, 'isAnyRevoked'>;
}

/**
 * What decides about a request, its keystore verified, its key only when it is asked for: who is not let in learns nothing of
 * the key, also not that somebody changed it in the database. `read` throws `TamperedRecordError` and `SealedError` besides,
 * of the keystore alone; `findKey` as `AuthenticatedKeyStore.find`.
 */
export class AuthenticatedStateStore implements RequestStateStore {
  readonly #options: AuthenticatedStateStoreOptions;

  constructor(options: AuthenticatedStateStoreOptions) {
    this.#options = options;
  }

  async read(request: StateRequest): Promise<RequestState> {
    const {store} = this.#options;
    const {keystoreId, localKeyId} = request;
    try {
      const {keystore, key, isAnyRevoked} = await store.read(request);
      const verified = keystore && (await this.#verifyKeystore(keystore, keystoreId));
      if (localKeyId === undefined) return {keystore: verified, isAnyRevoked};
      return {keystore: verified, isAnyRevoked, findKey: this.#findKeyOnce({keystoreId, localKeyId}, key)};
    } catch (error) {
      if (!(error instanceof InternalError || error instanceof TamperedRecordError)) throw error;
      return this.#readEach(request);
    }
  }

  /**
   * Where not all of it can be read, or verified: what is wrong with the key is not the keystore's affair; and the keystore may
   * have been sealed anew since it was read.
   */
  async #readEach({keystoreId, localKeyId, revocations = []}: StateRequest): Promise<RequestState> {
    const {keystores, keys} = this.#options;
    const keystore = await keystores.find(keystoreId);
    const isAnyRevoked = await this.#options.revocations.isAnyRevoked(keystoreId, revocations);
    if (localKeyId === undefined) return {keystore, isAnyRevoked};
    return {keystore, isAnyRevoked, findKey: () => keys.find({keystoreId, localKeyId})};
  }

  #verifyKeystore(stored: Authenticated<KeystoreConfig>, keystoreId: string): Promise<KeystoreConfig> {
    if (stored.id !== keystoreId) throw new TamperedRecordError({kind: 'keystore', keystoreId});
    return this.#options.authenticator.verifyKeystore(stored);
  }

  #findKeyOnce(
    id: KeyRecordId,
    stored: Authenticated<KeyRecord> | undefined,
  ): () => Promise<KeyRecord | undefined> {
    const {store, authenticator, keys} = this.#options;
    let isRead = true;
    const read = async (): Promise<Authenticated<KeyRecord> | undefined> => {
      // Of all stores this one knows best what has not changed.
      if (!isRead) return (await store.read(id)).key;
      isRead = false;
      return stored;
    };
    return async () => {
      try {
        const key = await read();
        if (!key) return undefined;
        if (key.keystoreId === id.keystoreId && key.localKeyId === id.localKeyId)
          return await authenticator.verifyKey(key);
      } catch (error) {
        if (!(error instanceof InternalError || error instanceof TamperedRecordError)) throw error;
      }
      // What is none of ours may have been sealed anew since it was read: what is there now is judged.
      return keys.find(id);
    };
  }
}
