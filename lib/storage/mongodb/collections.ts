/** Every collection of the database. They are ours where `schema_migration` says so. */
export const COLLECTION_NAMES = [
  'keystore',
  'key',
  'revocation',
  'replay',
  'hierarchy',
  'maintenance_job',
  'lease',
  'creator',
  'counter',
  'schema_migration',
  'probe',
  'store_mark',
] as const;

export type CollectionName = (typeof COLLECTION_NAMES)[number];

/** What was read: nothing is known of it yet. */
export type StoredDocument = Readonly<Record<string, unknown>>;

/** A keystore's config with its MAC. */
export interface ConfigMember {
  readonly sequence: number;
  readonly controller: string | readonly string[];
  readonly kmsModule: string;
  readonly meterId?: string;
  readonly ipAllowList?: readonly string[];
  readonly mac: Uint8Array;
  readonly macKeyVersionId: string;
}

/**
 * Of `keystore`: one document per scope, which guards all that is written in it (guarded-write.ts). The members of its key
 * hierarchy are in scope-document.ts.
 */
export interface KeystoreDocument {
  /** The scope: the keystore's URL. */
  readonly _id: string;
  readonly revision: string;
  /** Random, of this life of the `_id`: keys and revocations have it too, and go with it. */
  readonly incarnation: string;
  readonly config?: ConfigMember;
  /** Order of creation of keystores. It comes and goes with `config`, as do the next three. */
  readonly position?: number;
  readonly creator?: string;
  /** Controllers that created or have updated it; see `listedFor`. */
  readonly acknowledgedBy?: readonly string[];
  /** `0` + each controller who is one of these, `1` + each whom only others have named. */
  readonly listedFor?: readonly string[];
  /** Of the newest key. */
  readonly lastPosition?: number;
  readonly lastRevocationPosition?: number;
  /** Its config is gone, what else belongs to it is about to be. */
  readonly deleting?: string;
}

/** A version of a key. */
export interface KeyVersionMember {
  readonly version: number;
  readonly createdAt: number;
  readonly state: string;
  readonly publicKey?: Uint8Array;
  readonly material?: Uint8Array;
  readonly dataKeyVersionId?: string;
  /** Canonical JSON, as are `keyOps`, `tags` and `policy` of a key: one text stands for one value. */
  readonly certificates?: string;
}

/** Of `key`. */
export interface KeyDocument {
  /** `keyDocumentId` of both ids. */
  readonly _id: string;
  /** Shard key. */
  readonly keystoreId: string;
  readonly localKeyId: string;
  /** `n:` + the name, `k:` + the local id where it has none. */
  readonly uniqueName: string;
  readonly revision: string;
  readonly incarnation: string;
  /** Order of creation in the keystore. A placeholder has none. */
  readonly position: number;
  /** Order of creation over all keystores, as far as the clocks of nodes agree. */
  readonly order: number;
  /** Not deleted. */
  readonly kept: boolean;
  readonly sequence: number;
  readonly type: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly origin: string;
  readonly state: string;
  readonly deletion?: {readonly requestedAt: number; readonly destroyAt: number; readonly restoresTo: string};
  readonly keyOps?: string;
  readonly tags?: string;
  readonly policy?: string;
  readonly description?: string;
  readonly dueAt?: number;
  readonly maxCapabilityChainLength?: number;
  readonly publicAlias?: string;
  readonly publicAliasTemplate?: string;
  readonly versions: readonly KeyVersionMember[];
  readonly mac: Uint8Array;
  readonly macKeyVersionId: string;
  /** All that `versions` and the MAC name, each once. */
  readonly dataKeyVersionIds: readonly string[];
  /** By version. No write of a record touches it. */
  readonly uses?: Readonly<Record<string, number>>;
}

/** Of `revocation`. */
export interface RevocationDocument {
  /** `revocationDocumentId`. */
  readonly _id: string;
  /** Shard key. */
  readonly keystoreId: string;
  readonly revision: string;
  readonly incarnation: string;
  /** Order of insertion in the keystore. A placeholder has none. */
  readonly position: number;
  readonly delegator: string;
  readonly capabilityId: string;
  readonly expiresAt: number;
  readonly revoker: string;
  readonly revokedAt: number;
  readonly chargedTo?: string;
}
