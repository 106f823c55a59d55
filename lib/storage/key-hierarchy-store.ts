/** A root of trust that the store knows: it seals root key versions. */
export interface RootWrapperRecord {
  /** `rw_` + random. Sealed blobs and rows name it. */
  readonly id: string;
  /** The wrapper's URI as configured, e.g. `file:/var/lib/webkms/root.key`. Never a secret. */
  readonly uri: string;
  /** What the wrapper says of its key (a one-way fingerprint), to tell a changed or foreign key from a corrupt blob. */
  readonly wrapperKeyId: string;
  /** What the wrapper needs to be opened again besides its URI, e.g. how a passphrase becomes a key. Never a secret, nor empty. */
  readonly parameters?: string;
  readonly createdAt: number;
}

/** One version of a scope's root key (KEK), sealed under each root wrapper. */
export interface RootKeyVersionRecord {
  /** `krkv_` + random. */
  readonly id: string;
  readonly version: number;
  readonly createdAt: number;
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

/** Persistence of the key hierarchy. Everything in it is sealed. All methods throw `UnavailableError` where the store cannot be reached. */
export interface KeyHierarchyStore {
  /** All root wrappers, in order of creation. */
  listRootWrappers(): Promise<readonly RootWrapperRecord[]>;

  /** Stores the first root wrapper, if there is none yet; atomic. @returns whether this call stored it. */
  insertFirstRootWrapper(record: RootWrapperRecord): Promise<boolean>;

  findScope(scope: string): Promise<ScopeKeysRecord | undefined>;

  /** Stores a scope's first keys, whole and durably. @throws DuplicateError where the scope has keys. */
  insertScope(record: ScopeKeysRecord): Promise<void>;
}
