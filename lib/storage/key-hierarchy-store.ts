import type {Page} from './keystore-config-store.ts';

/**
 * Where a root wrapper is in its life. `adding`: new root keys are sealed under it, older ones not all yet; it opens
 * nothing that another must. `active`. `retiring`: nothing is sealed under it any more, and what was is being deleted.
 */
export type RootWrapperState = 'adding' | 'active' | 'retiring';

/** Bytes sealed under a data key version, and which one: the version cannot be deleted while they are there. */
export interface SealedUnderDataKey {
  readonly blob: Uint8Array;
  readonly dataKeyVersionId: string;
}

/** A root of trust that the store knows: it seals root key versions. */
export interface RootWrapperRecord {
  /** `rw_` + random. Sealed blobs and rows name it. */
  readonly id: string;
  /** The wrapper's URI as configured, e.g. `file:/var/lib/webkms/root.key`. Never a secret. */
  readonly uri: string;
  /** What the wrapper says of its key (a one-way fingerprint), to tell a changed or foreign key from a corrupt blob. Unique. */
  readonly wrapperKeyId: string;
  /** What the wrapper needs to be opened again besides its URI, e.g. how a passphrase becomes a key. Never a secret, nor empty. */
  readonly parameters?: string;
  readonly createdAt: number;
  readonly state: RootWrapperState;
  /** What seals for this root while it is not at hand (see root-sealer.ts), itself sealed. Of a store's only root absent. */
  readonly sealer?: SealedUnderDataKey;
}

/** One version of a scope's root key (KEK), sealed under each root wrapper. */
export interface RootKeyVersionRecord {
  /** `krkv_` + random. */
  readonly id: string;
  readonly version: number;
  readonly createdAt: number;
  /** At least one. */
  readonly sealed: readonly {readonly rootWrapperId: string; readonly blob: Uint8Array}[];
}

/** One version of a data key (DEK), sealed under a version of its scope's root key. */
export interface DataKeyVersionRecord {
  /** `kdkv_` + random. Sealed bytes name it. */
  readonly id: string;
  readonly version: number;
  readonly createdAt: number;
  readonly rootKeyVersionId: string;
  readonly blob: Uint8Array;
}

export interface DataKeyRecord {
  /** `kdk_` + random. */
  readonly id: string;
  readonly purpose: string;
  /** In order of version; at least one. */
  readonly versions: readonly DataKeyVersionRecord[];
}

/** A scope's whole key hierarchy. In a document database it is one document. */
export interface ScopeKeysRecord {
  readonly scope: string;
  /** `krk_` + random. */
  readonly rootKeyId: string;
  /** In order of version; at least one. */
  readonly rootKeyVersions: readonly RootKeyVersionRecord[];
  readonly dataKeys: readonly DataKeyRecord[];
}

/** What is added to a scope's keys, as one write. Each version is the highest of its key plus one; the store checks it. */
export interface ScopeKeysAddition {
  readonly rootKeyVersion?: RootKeyVersionRecord;
  /** New data keys (a purpose that the scope lacks), with their version 1. */
  readonly dataKeys?: readonly DataKeyRecord[];
  /** New versions of data keys that are there; they may name the root key version that comes with them. */
  readonly dataKeyVersions?: readonly (DataKeyVersionRecord & {readonly dataKeyId: string})[];
}

/** A data key version, sealed anew under another root key version. */
export interface ResealedDataKeyVersion {
  readonly id: string;
  readonly rootKeyVersionId: string;
  readonly blob: Uint8Array;
  /** What is stored until now; where something else is, nothing happens. */
  readonly replacedBlob: Uint8Array;
}

/** A column or field that names data key versions, and so keeps them from being deleted. */
export interface DataKeyVersionReferencer {
  /** E.g. `key_version.data_key_version`. */
  readonly name: string;
  /** Whether the database itself refuses to delete a version that it names. `validateSchema` wants it of all. */
  readonly restricts: boolean;
}

/**
 * Persistence of the key hierarchy. Everything in it is sealed. Each method is atomic and durable, and throws
 * `UnavailableError` where the store cannot be reached. Whatever changes adds to the collection version, in the same
 * write. What a record says never changes, but for: how a version is sealed, a root wrapper's URI, state and sealer.
 */
export interface KeyHierarchyStore {
  /** All root wrappers, in order of creation. */
  listRootWrappers(): Promise<readonly RootWrapperRecord[]>;

  /** Stores the first root wrapper, if there is none yet. @returns whether this call stored it. */
  insertFirstRootWrapper(record: RootWrapperRecord): Promise<boolean>;

  /**
   * Stores one more, `adding` (or `active` where there are no keys yet).
   * @throws DuplicateError where its id or `wrapperKeyId` is there. @throws KeyNotFoundError as `updateRootWrapper`.
   */
  insertRootWrapper(record: RootWrapperRecord): Promise<void>;

  /**
   * Moves a root wrapper from one state to another, or (where both are the same) gives it a sealer or another URI.
   * What is left out stays. To `active` only where every root key version is sealed under it; to `retiring` only where
   * another is active, and every root key version is sealed under such another. From `active` only to `retiring`.
   * @returns whether it was in state `from` and is in state `to` now. @throws KeyInUseError where it may not be moved so.
   * @throws KeyNotFoundError where the data key version that the sealer is sealed under is not there (any more).
   */
  updateRootWrapper(
    id: string,
    change: {
      readonly from: RootWrapperState;
      readonly to: RootWrapperState;
      readonly sealer?: SealedUnderDataKey;
      readonly uri?: string;
    },
  ): Promise<boolean>;

  /** Forgets a root wrapper. @throws KeyInUseError where it is neither `retiring` nor `adding`, or anything is sealed under it. @returns whether there was one. */
  deleteRootWrapper(id: string): Promise<boolean>;

  /** At most `limit` scopes that have a root key version which is not sealed under the root wrapper. */
  listScopesLacking(rootWrapperId: string, options: {readonly limit: number}): Promise<readonly string[]>;

  /** How many root key versions are sealed under the root wrapper, of how many that there are. */
  countSealed(rootWrapperId: string): Promise<{readonly sealed: number; readonly total: number}>;

  /**
   * Seals root key versions under one more root wrapper; those that are sealed under it already, or are gone, are left
   * as they are. @throws KeyNotFoundError where there is no such root wrapper (any more). @throws RootsChangedError where
   * it is `retiring`.
   */
  insertSealedRootKeys(
    rootWrapperId: string,
    sealed: readonly {readonly rootKeyVersionId: string; readonly blob: Uint8Array}[],
  ): Promise<void>;

  /**
   * Deletes what at most `limit` root key versions were sealed to under the root wrapper, which is `retiring` or
   * `adding` (else KeyInUseError). Never what nothing else has sealed: KeyInUseError. @returns how many.
   */
  deleteSealedRootKeys(rootWrapperId: string, options: {readonly limit: number}): Promise<number>;

  findScope(scope: string): Promise<ScopeKeysRecord | undefined>;

  /** All scopes, in order of creation, in pages. @throws MalformedRequestError where `cursor` is not one that it gave. */
  listScopes(options: {readonly limit: number; readonly cursor?: string | undefined}): Promise<Page<string>>;

  /**
   * Stores a scope's first keys, whole.
   * @throws DuplicateError where the scope has keys. @throws RootsChangedError where a root key version is not sealed
   *   under just the root wrappers that are `adding` or `active`.
   */
  insertScope(record: ScopeKeysRecord): Promise<void>;

  /**
   * @throws DuplicateError where a version, or a purpose, was added by another meanwhile: read and try again.
   * @throws KeyNotFoundError where the scope, or a key that is named, is not there (any more).
   * @throws RootsChangedError as `insertScope`.
   */
  addKeys(scope: string, addition: ScopeKeysAddition): Promise<void>;

  /**
   * Each under a newer version of the root key than it is sealed under.
   * @returns how many were replaced: those of the scope whose stored blob was `replacedBlob`.
   * @throws KeyNotFoundError where the root key version for one of these is not there (any more).
   */
  resealDataKeyVersions(scope: string, resealed: readonly ResealedDataKeyVersion[]): Promise<number>;

  /**
   * Where the database itself cannot restrict it (documents), in three writes: mark the version, so that nothing that names
   * it is stored any more; look for what names it, and take the mark away again if anything does; delete it.
   * @throws KeyInUseError where it is its key's newest, or anything is sealed under it. @returns whether there was one.
   */
  deleteDataKeyVersion(id: string): Promise<boolean>;

  /** @throws KeyInUseError where it is its key's newest, or a data key version is sealed under it. @returns whether there was one. */
  deleteRootKeyVersion(id: string): Promise<boolean>;

  /** Deletes a scope with all its keys. @throws KeyInUseError where anything is sealed under one. @returns whether there was one. */
  deleteScope(scope: string): Promise<boolean>;

  /** Which of these data key versions anything refers to. Fast: never a scan of all that is sealed. */
  listReferenced(dataKeyVersionIds: readonly string[]): Promise<readonly string[]>;

  /** Everything that names data key versions, the application's own tables too. */
  listDataKeyVersionReferencers(): Promise<readonly DataKeyVersionReferencer[]>;

  /**
   * A number that grows with every change, by whatever process: by one with each change through this object, so that it
   * tells whether there were others. For comparison with what this object gives, earlier or later.
   */
  readCollectionVersion(): Promise<number>;

  /** @throws InvalidSchemaError, which says what is wrong: another version than the code's, a missing table, trigger or restriction. */
  validateSchema(): Promise<void>;
}
