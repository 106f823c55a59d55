import {InternalError, UnavailableError} from '../errors.ts';
import {SealedBlobError} from '../sealing/wrapper.ts';
import {KeyNotFoundError} from '../storage/key-errors.ts';
import type {KeyRecord} from '../storage/key-record.ts';
import type {KeyMaintenance, KeyRecordId, KeyRecordStore} from '../storage/key-record-store.ts';
import type {Page} from '../storage/keystore-config-store.ts';
import type {Authenticated} from '../storage/record-authentication.ts';
import {mapInTurns} from '../turns.ts';
import {readVerified} from './read-verified.ts';
import type {RecordAuthenticator} from './record-authenticator.ts';
import {TamperedRecordError} from './tampered-record-error.ts';

/** Of a keystore's keys; `webkms admin check` names the others. */
const MAX_LOOKED_AT = 1000;

export interface AuthenticatedKeyStoreOptions {
  readonly store: KeyMaintenance;
  readonly authenticator: RecordAuthenticator;
  /** Forgets what is known of a scope's keys: it is read again at its next use. */
  readonly refresh: (scope: string) => Promise<unknown>;
}

/**
 * Keys whose every record was verified, and is authenticated when it is written. Besides what the interface says, all
 * methods throw `SealedError`, and those that read throw `TamperedRecordError`: `list` where one of its records is.
 */
export class AuthenticatedKeyStore implements KeyRecordStore {
  readonly #store: KeyMaintenance;
  readonly #authenticator: RecordAuthenticator;
  readonly #refresh: AuthenticatedKeyStoreOptions['refresh'];

  constructor({store, authenticator, refresh}: AuthenticatedKeyStoreOptions) {
    this.#store = store;
    this.#authenticator = authenticator;
    this.#refresh = refresh;
  }

  /** @throws UnavailableError, besides, where the keystore's keys changed since the key's material was sealed. */
  insert(record: KeyRecord, options: Parameters<KeyRecordStore['insert']>[1]): Promise<void> {
    return this.#write(record, (authenticated) => this.#store.insert(authenticated, options));
  }

  /** @throws as `insert` */
  update(record: KeyRecord, options?: Parameters<KeyRecordStore['update']>[1]): Promise<void> {
    return this.#write(record, (authenticated) => this.#store.update(authenticated, options));
  }

  find(id: KeyRecordId): Promise<KeyRecord | undefined> {
    return readVerified(
      () => this.#store.find(id),
      async (stored) => {
        if (!stored) return undefined;
        if (stored.keystoreId !== id.keystoreId || stored.localKeyId !== id.localKeyId) throw tampered(id);
        return this.#authenticator.verifyKey(stored);
      },
    ).catch((error: unknown) => {
      // A row that cannot even be read was not written by the server.
      throw error instanceof InternalError ? tampered(id, error) : error;
    });
  }

  findByName(options: Parameters<KeyRecordStore['findByName']>[0]): Promise<KeyRecord | undefined> {
    return readVerified(
      () => this.#store.findByName(options),
      async (stored) => {
        if (!stored) return undefined;
        const {keystoreId, tags} = stored;
        if (keystoreId !== options.keystoreId || tags?.['name'] !== options.name) throw tampered(stored);
        return this.#authenticator.verifyKey(stored);
      },
    );
  }

  list(options: Parameters<KeyRecordStore['list']>[0]): Promise<Page<KeyRecord>> {
    return readVerified(
      () => this.#store.list(options),
      async ({results, ...page}) => {
        const stranger = results.find(({keystoreId}) => keystoreId !== options.keystoreId);
        if (stranger) throw tampered(stranger);
        const verified = await mapInTurns(results, (stored) => this.#authenticator.verifyKey(stored));
        return {...page, results: verified};
      },
    ).catch(async (error: unknown) => {
      if (error instanceof InternalError) await this.#nameUnreadable(options.keystoreId);
      throw error;
    });
  }

  /** Which row of a list cannot even be read: for the log. @throws TamperedRecordError where it is one of the first */
  async #nameUnreadable(keystoreId: string): Promise<void> {
    const {results} = await this.#store.listIds({keystoreId, limit: MAX_LOOKED_AT});
    for (const localKeyId of results) await this.find({keystoreId, localKeyId});
  }

  /** Once more where another node has destroyed the data key version meanwhile. */
  async #write(
    record: KeyRecord,
    write: (authenticated: Authenticated<KeyRecord>) => Promise<void>,
  ): Promise<void> {
    const attempt = async (): Promise<void> => {
      const authentication = await this.#authenticator.authenticateKey(record);
      await write({...record, authentication});
    };
    try {
      await attempt().catch(async (error: unknown) => {
        if (!isKeysChange(error)) throw error;
        await this.#refresh(record.keystoreId);
        await attempt();
      });
    } catch (error) {
      // New material was sealed under it too, or the keystore's keys were deleted with the keystore.
      if (!isKeysChange(error)) throw error;
      throw new UnavailableError("The keystore's keys have changed meanwhile.", {cause: error});
    }
  }
}

const isKeysChange = (error: unknown): boolean =>
  error instanceof KeyNotFoundError || error instanceof SealedBlobError;

function tampered({keystoreId, localKeyId}: KeyRecordId, cause?: unknown): TamperedRecordError {
  return new TamperedRecordError(
    {kind: 'key', keystoreId, localKeyId},
    cause === undefined ? undefined : {cause},
  );
}
