import type {KeyRecord} from './key-record.ts';
import type {KeystoreConfig} from './keystore-config-store.ts';
import type {Authenticated} from './record-authentication.ts';
import type {RevocationKey} from './revocation-store.ts';

export interface StateRequest {
  readonly keystoreId: string;
  /** Brings the key with it. */
  readonly localKeyId?: string | undefined;
  /**
   * Brings whether any of these is revoked in the keystore: at most 18, which is what two chains have. What was read may be
   * known by the list: nobody may change one.
   */
  readonly revocations?: readonly Omit<RevocationKey, 'keystoreId'>[] | undefined;
}

/** What decides about a request. */
export interface StoredState<
  Config extends KeystoreConfig = Authenticated<KeystoreConfig>,
  Key extends KeyRecord = Authenticated<KeyRecord>,
> {
  readonly keystore: Config | undefined;
  /** undefined, too, where no key was asked for. */
  readonly key: Key | undefined;
  /** false where none was asked about. */
  readonly isAnyRevoked: boolean;
}

/** Everything that decides about a request, in one round trip to the store. */
export interface StateStore {
  /**
   * Each part is at least as new as every change of it, by whatever node, that was answered before the call was made.
   * @throws UnavailableError
   */
  read(request: StateRequest): Promise<StoredState>;
}

/** What decides about a request, as requests see it. */
export interface RequestState extends Pick<StoredState<KeystoreConfig>, 'keystore' | 'isAnyRevoked'> {
  /**
   * The key: at the first call as it was read with the rest, later as it is then. Nothing of it is looked at before.
   * Absent where no key was asked for.
   */
  readonly findKey?: (() => Promise<KeyRecord | undefined>) | undefined;
}

/** A StateStore whose records were verified. */
export interface RequestStateStore {
  /** As `StateStore.read`. */
  read(request: StateRequest): Promise<RequestState>;
}
