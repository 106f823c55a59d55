import {DuplicateError, InternalError} from '../errors.ts';
import {controllersOf} from '../storage/controllers-of.ts';
import {KeyNotFoundError} from '../storage/key-errors.ts';
import type {
  KeystoreConfig,
  KeystoreConfigStore,
  KeystoreMaintenance,
  Page,
} from '../storage/keystore-config-store.ts';
import type {Authenticated} from '../storage/record-authentication.ts';
import {mapInTurns} from '../turns.ts';
import {readVerified} from './read-verified.ts';
import type {RecordAuthenticator} from './record-authenticator.ts';
import {TamperedRecordError} from './tampered-record-error.ts';

/** Of a list: each has keys of its own, which may have to be read first. */
const SCOPES_AT_ONCE = 16;

export interface AuthenticatedKeystoreStoreOptions {
  readonly store: KeystoreMaintenance;
  readonly authenticator: RecordAuthenticator;
  /** Deletes a scope's keys, unless anything is sealed or authenticated under them. */
  readonly deleteScope: (scope: string) => Promise<unknown>;
  /** Forgets what is known of a scope's keys: it is read again at its next use. */
  readonly refresh: (scope: string) => Promise<unknown>;
  readonly log?: {warn(fields: object, message: string): void};
}

/**
 * Keystores whose every config was verified, and is authenticated when it is written. Besides what the interface says,
 * all methods that give or take configs throw `TamperedRecordError` (a list with one such config too: what is left out
 * of a list is missed by nobody) and `SealedError`.
 */
export class AuthenticatedKeystoreStore implements KeystoreConfigStore {
  readonly #store: KeystoreMaintenance;
  readonly #authenticator: RecordAuthenticator;
  readonly #deleteScope: AuthenticatedKeystoreStoreOptions['deleteScope'];
  readonly #refresh: AuthenticatedKeystoreStoreOptions['refresh'];
  readonly #log: AuthenticatedKeystoreStoreOptions['log'];

  constructor({store, authenticator, deleteScope, refresh, log}: AuthenticatedKeystoreStoreOptions) {
    this.#store = store;
    this.#authenticator = authenticator;
    this.#deleteScope = deleteScope;
    this.#refresh = refresh;
    this.#log = log;
  }

  async insert(config: KeystoreConfig, options: Parameters<KeystoreConfigStore['insert']>[1]): Promise<void> {
    try {
      await this.#write(config, {create: true}, (authenticated) =>
        this.#store.insert(authenticated, options),
      );
    } catch (error) {
      // Keys without a keystore do no harm, and where the keystore was stored after all the database keeps them.
      if (!(error instanceof DuplicateError)) await this.#deleteKeys(config.id);
      throw error;
    }
  }

  find(id: string): Promise<KeystoreConfig | undefined> {
    return readVerified(
      () => this.#store.find(id),
      async (stored) => {
        if (!stored) return undefined;
        if (stored.id !== id) throw tampered(id);
        return this.#authenticator.verifyKeystore(stored);
      },
    ).catch((error: unknown) => {
      // A row that cannot even be read was not written by the server.
      throw error instanceof InternalError ? tampered(id, error) : error;
    });
  }

  update(config: KeystoreConfig, options: Parameters<KeystoreConfigStore['update']>[1]): Promise<void> {
    return this.#write(config, {}, (authenticated) => this.#store.update(authenticated, options));
  }

  list(options: Parameters<KeystoreConfigStore['list']>[0]): Promise<Page<KeystoreConfig>> {
    return readVerified(
      () => this.#store.list(options),
      async ({results, ...page}) => {
        const verified = await mapInTurns(results, (stored) => this.#authenticator.verifyKeystore(stored), {
          atOnce: SCOPES_AT_ONCE,
        });
        const stranger = verified.find((keystore) => !controllersOf(keystore).includes(options.controller));
        if (stranger) throw tampered(stranger.id);
        return {...page, results: verified};
      },
    );
  }

  delete(id: string, options: Parameters<KeystoreConfigStore['delete']>[1]): Promise<void> {
    return this.#store.delete(id, options);
  }

  /** Once more where another node has destroyed the data key version meanwhile. */
  async #write(
    config: KeystoreConfig,
    options: {readonly create?: boolean},
    write: (authenticated: Authenticated<KeystoreConfig>) => Promise<void>,
  ): Promise<void> {
    const attempt = async (): Promise<void> => {
      const authentication = await this.#authenticator.authenticateKeystore(config, options);
      await write({...config, authentication});
    };
    try {
      await attempt();
    } catch (error) {
      if (!(error instanceof KeyNotFoundError)) throw error;
      await this.#refresh(config.id);
      await attempt();
    }
  }

  async #deleteKeys(scope: string): Promise<void> {
    try {
      await this.#deleteScope(scope);
    } catch (err) {
      this.#log?.warn({err, scope}, 'the keys of a keystore that was not stored are left over');
    }
  }
}

function tampered(keystoreId: string, cause?: unknown): TamperedRecordError {
  return new TamperedRecordError({kind: 'keystore', keystoreId}, cause === undefined ? undefined : {cause});
}
