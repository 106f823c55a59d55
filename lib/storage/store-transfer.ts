import type {RootWrapperRecord, ScopeKeysRecord, SealedUnderDataKey} from './key-hierarchy-store.ts';
import type {KeyRecord} from './key-record.ts';
import type {KeystoreConfig, Page} from './keystore-config-store.ts';
import type {StoredMaintenanceJob} from './maintenance-job-store.ts';
import type {Authenticated} from './record-authentication.ts';
import type {Revocation} from './revocation-store.ts';

/** Everything that a store holds, as it is: ids and sealed bytes. What only says who does what now (leases) is not of it. */
export interface TransferRecords {
  /** Without its sealer, which names keys that come later. All are `active`: see `StoreTransfer`. */
  readonly rootWrapper: Omit<RootWrapperRecord, 'sealer'>;
  readonly scope: ScopeKeysRecord;
  readonly sealer: SealedUnderDataKey & {readonly rootWrapperId: string};
  readonly keystore: {
    readonly config: Authenticated<KeystoreConfig>;
    readonly creator: string;
    /** Those of its controllers that created or have updated it. */
    readonly acknowledged: readonly string[];
  };
  /** Tombstones, too. `uses` by version, where there are any. */
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

/**
 * Reads all that is in a store, and writes it into another one of whatever kind, while nobody else uses either. Only a store whose
 * root wrappers are all `active`, and whose jobs have ended, can be moved.
 */
export interface StoreTransfer {
  /**
   * In order of creation (of keys and revocations: by keystore, and then so), in pages that fit into memory.
   * @throws MalformedRequestError where `cursor` is not one that it gave; UnavailableError
   */
  list<Kind extends TransferKind>(
    kind: Kind,
    options: {readonly limit: number; readonly cursor?: string | undefined},
  ): Promise<Page<TransferRecords[Kind]>>;

  /**
   * Stores what is not there yet, durably, in this order; quotas and sequences are the source's affair. What is there with the same
   * identity is left as it is: whether it is the same is for who compares. @throws UnavailableError
   */
  put<Kind extends TransferKind>(kind: Kind, records: readonly TransferRecords[Kind][]): Promise<void>;

  count(kind: TransferKind): Promise<number>;

  /**
   * Marks the store as one that is being filled: it can be opened for that alone, until it is marked as whole. `source` says from
   * where (never a secret): the marks of another source, or records without a mark, are refused.
   * @throws InvalidStateError where it holds anything that did not come from there
   */
  begin(source: string): Promise<void>;

  /** Takes the mark away: the store can be served from. */
  finish(): Promise<void>;
}
