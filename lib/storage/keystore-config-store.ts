import type {Authenticated, RecordAuthentication} from './record-authentication.ts';

/** A keystore as its clients see it. `id` is its URL; `controller` is kept as it was posted (a DID, or several). */
export interface KeystoreConfig {
  readonly id: string;
  /** 0 when created; each update adds one. */
  readonly sequence: number;
  readonly controller: string | readonly string[];
  /** As given: an alias stays an alias. */
  readonly kmsModule: string;
  readonly meterId?: string;
  /** CIDRs. Absent: every address may. */
  readonly ipAllowList?: readonly string[];
}

export interface Page<T> {
  readonly results: readonly T[];
  /** Opaque; present where more follow. */
  readonly cursor?: string;
}

/**
 * Persistence of keystore configs. All methods throw `UnavailableError` where the store cannot be reached. A backend
 * keeps `Authenticated<KeystoreConfig>`; the rest of the server sees configs whose authentication was verified.
 */
export interface KeystoreConfigStore<Config extends KeystoreConfig = KeystoreConfig> {
  /**
   * Stores a new config, durably.
   * `creator` is the DID whose invocation made it; quotas count by it.
   * @throws DuplicateError where the id exists.
   * @throws QuotaExceededError where `creator` already created `maxPerCreator` that still exist (checked in the same write).
   */
  insert(config: Config, options: {readonly creator: string; readonly maxPerCreator: number}): Promise<void>;

  /** The config as last written anywhere, or undefined. */
  find(id: string): Promise<Config | undefined>;

  /**
   * Replaces the stored config with `config`, atomically and durably, if the stored one still has the `sequence` and
   * `controller` of `replaced` (R48) and `config.sequence` is `replaced.sequence + 1`.
   * `updater` is the controller DID whose authority it was made with, where it is one of the new config's controllers
   * the keystore counts from then on as acknowledged by it (see `list`).
   * @throws KeystoreSequenceError where the stored config is another (or gone).
   */
  update(
    config: Config,
    options: {readonly replaced: KeystoreConfig; readonly updater: string},
  ): Promise<void>;

  /**
   * The keystores that name `controller`, in pages: first those that this DID created or has updated, in order of
   * creation, then those in which only others have named it, in order of creation. So a stranger who names a victim
   * as controller of many keystores does not push the victim's own off the first page (R50).
   * @throws MalformedRequestError where `cursor` is not one that `list` gave.
   */
  list(options: {
    readonly controller: string;
    readonly limit: number;
    readonly cursor?: string | undefined;
  }): Promise<Page<Config>>;

  /**
   * Deletes the config, if its stored sequence is `sequence` and it holds no keys but deleted ones; both checked in the same
   * write. What else belongs to the keystore (what is left of deleted keys, its key hierarchy, its revocations) goes with it.
   * @throws InvalidStateError where it holds keys. @throws KeystoreSequenceError where the sequence differs or it is gone.
   */
  delete(id: string, options: {readonly sequence: number}): Promise<void>;
}

/** What maintenance asks of a backend besides. */
export interface KeystoreMaintenance extends KeystoreConfigStore<Authenticated<KeystoreConfig>> {
  /** The ids of all keystores, in order of creation, in pages. @throws MalformedRequestError where `cursor` is not one that it gave. */
  listIds(options: {readonly limit: number; readonly cursor?: string | undefined}): Promise<Page<string>>;

  /**
   * Replaces the authentication of a config that stays as it is (its `sequence` too: clients see it).
   * @returns whether the stored config had the `sequence` of `replaced`, and its very MAC.
   */
  replaceAuthentication(
    replaced: Authenticated<KeystoreConfig>,
    authentication: RecordAuthentication,
  ): Promise<boolean>;
}
