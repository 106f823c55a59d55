import type {RootWrapperRecord, ScopeKeysRecord, SealedUnderDataKey} from './key-hierarchy-store.ts';
import type {KeyRecord} from './key-record.ts';
import type {KeystoreConfig, Page} from './keystore-config-store.ts';
import type {StoredMaintenanceJob} from './maintenance-job-store.ts';
import type {Authenticated} from './record-authentication.ts';
import type {Revocation} from './revocation-store.ts';
import type {StoreMark, StoreMarkIdentity} from './store-mark.ts';

/** Everything that a store holds, as it is: ids and sealed bytes. What only says who does what now (leases) is not of it. */
export interface TransferRecords {
  /** Without its sealer, which names keys that come later. All are `active`: see `StoreTransfer`. */
  readonly rootWrapper: Omit<RootWrapperRecord, 'sealer'>;
  /** Versions may be missing between others, and before the newest: what was pruned. */
  readonly scope: ScopeKeysRecord;
  readonly sealer: SealedUnderDataKey & {readonly rootWrapperId: string};
  readonly keystore: {
    readonly config: Authenticated<KeystoreConfig>;
    readonly creator: string;
    /** Those of its controllers that created or have updated it. */
    readonly acknowledged: readonly string[];
  };
  /** Tombstones, too. `uses` by version, in order, of versions that were used. */
  readonly key: {
    readonly record: Authenticated<KeyRecord>;
    readonly uses: readonly (readonly [version: number, uses: number])[];
  };
  readonly revocation: {readonly revocation: Revocation; readonly chargedTo?: string};
  readonly replay: {readonly digest: Uint8Array; readonly expiresAt: number};
  readonly job: StoredMaintenanceJob;
}

export type TransferKind = keyof TransferRecords;

/** In an order in which what is named comes before what names it. */
export const TRANSFER_KINDS: readonly TransferKind[] = [
  'rootWrapper',
  'scope',
  'sealer',
  'keystore',
  'key',
  'revocation',
  'replay',
  'job',
];

/** A lease that somebody has. */
export interface HeldLease {
  readonly name: string;
  readonly holder: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/**
 * Reads all that is in a store, and writes it into another one of whatever kind, while nobody else uses either. Only a store whose
 * root wrappers are all `active`, and whose jobs have ended, can be moved.
 */
export interface StoreTransfer {
  /**
   * In order of creation (of keys and revocations: by keystore, and then so; of replays: in order of their digests' bytes), in
   * pages of at most `limit`, and of fewer (but one) where records are large.
   * @throws MalformedRequestError where `cursor` is not one that it gave; InternalError where what is stored cannot be read;
   *   UnavailableError
   */
  list<Kind extends TransferKind>(
    kind: Kind,
    options: {readonly limit: number; readonly cursor?: string | undefined},
  ): Promise<Page<TransferRecords[Kind]>>;

  /**
   * Stores what is not there yet, durably, in this order, by the rules that hold for all who write; quotas and sequences are the
   * source's affair. What is there with the same identity is left as it is: whether it is the same is for who compares.
   * @param moveId of the move by which the store is marked as `filling`: where it is not (any more), nothing is stored.
   * @throws InvalidStateError where it is not marked so; UnavailableError; any other StoreError where a record breaks a rule. Of
   *   `records` those before it may have been stored then.
   */
  put<Kind extends TransferKind>(
    kind: Kind,
    records: readonly TransferRecords[Kind][],
    moveId: string,
  ): Promise<void>;

  /** How many `list` gives. @throws UnavailableError */
  count(kind: TransferKind): Promise<number>;

  /** @throws UnavailableError */
  readMark(): Promise<StoreMark | undefined>;

  /**
   * Puts a mark in the place of another one, atomically and durably.
   * @param replaced undefined: there is none
   * @returns whether that was so. @throws UnavailableError
   */
  replaceMark(mark: StoreMark | undefined, replaced: StoreMarkIdentity | undefined): Promise<boolean>;

  /** All that have not expired at `now`. @throws UnavailableError */
  listLeases(now: number): Promise<readonly HeldLease[]>;
}
