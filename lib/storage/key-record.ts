/** What a key module can do with a key. */
export type KeyOperation =
  | 'sign'
  | 'verify'
  | 'wrapKey'
  | 'unwrapKey'
  | 'deriveSecret'
  | 'encrypt'
  | 'decrypt'
  | 'encapsulate'
  | 'decapsulate';

/** What a client can ask of a key's material: also the names of the capability actions. */
export type KeyUse = KeyOperation | 'rewrap' | 'generateDataKey';

/** What may be done with a key, and what the server does to it by itself. Every member is a bound: absent, there is none. */
export interface KeyPolicy {
  readonly allowedOperations?: readonly KeyUse[];
  /** Of keys/key-types.ts. */
  readonly allowedAlgorithms?: readonly string[];
  /** The server makes a new version when the newest is that old, or was used that often. */
  readonly rotation?: {readonly afterSeconds?: number; readonly afterUses?: number};
  /** Set when the key is made; later it can be taken away only. */
  readonly exportable?: boolean;
  /** The key, and its versions, cannot be deleted while this is true. */
  readonly deletionProtection?: boolean;
  /** The shortest recovery window that a deletion may have. */
  readonly minDeletionWindowSeconds?: number;
  /** A version is not destroyed where fewer would be left. */
  readonly minVersions?: number;
  /** A rotation destroys the oldest versions above that, of those that process nothing any more. */
  readonly maxVersions?: number;
  /** A rotation above `maxVersions` destroys versions that still decrypt, verify, unwrap or derive, too. */
  readonly destroyUsableVersions?: boolean;
  /** Versions below it neither decrypt, verify, unwrap nor derive any more. */
  readonly minDecryptVersion?: number;
  /** Milliseconds since the epoch. Before it nothing is done with the key; from its end on nothing new is protected. */
  readonly usageWindow?: {readonly notBefore?: number; readonly notAfter?: number};
  /** Bytes of what one operation signs, encrypts, wraps or checks. */
  readonly maxDataBytes?: number;
  /** Uses per time of each server process; an item of a batch is one. */
  readonly rate?: {readonly uses: number; readonly perSeconds: number};
}

/** As stored; keys/key-state.ts says what follows from it at a moment. */
export type StoredKeyState = 'enabled' | 'disabled' | 'pendingDeletion' | 'deleted';

export type StoredVersionState = 'enabled' | 'disabled' | 'destroyed';

export interface KeyDeletion {
  /** Milliseconds since the epoch. */
  readonly requestedAt: number;
  /** Milliseconds since the epoch. */
  readonly destroyAt: number;
  readonly restoresTo: 'enabled' | 'disabled';
}

/** One version of a key. Versions count from 1; a number is never used again. */
export interface KeyVersionRecord {
  readonly version: number;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly state: StoredVersionState;
  /** Raw public key bytes in the key type's own encoding (see keys/key-types.ts); absent for symmetric keys. */
  readonly publicKey?: Uint8Array;
  /**
   * What the key module needs to use this version again: for the software module the sealed private or secret key
   * material, for an HSM a reference. Opaque to the store, never empty; absent if and only if the version is destroyed.
   */
  readonly material?: Uint8Array;
  /**
   * The data key version that sealed `material`, which cannot be deleted meanwhile; absent where an HSM keeps the key, and
   * where there is no material.
   */
  readonly dataKeyVersionId?: string;
  /** An X.509 certificate of the public key and its chain, each DER, the key's own first. */
  readonly certificates?: readonly Uint8Array[];
}

/** A key as it is stored. Material is sealed before it comes here. */
export interface KeyRecord {
  /** The keystore's URL. */
  readonly keystoreId: string;
  /** Last segment of the key's URL; unique in its keystore and never used again. */
  readonly localKeyId: string;
  /** 0 when created; each update adds one. */
  readonly sequence: number;
  /** The type as it was asked for on the wire, e.g. `Ed25519VerificationKey2020`, `urn:webkms:multikey:P-256`. */
  readonly type: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** When a client or a policy last changed it; sealing it anew does not count. */
  readonly updatedAt: number;
  readonly origin: 'generated' | 'imported';
  readonly state: StoredKeyState;
  /**
   * Present while deletion is pending: when it was asked for, when the material will be erased, and what the key was, and is
   * again where it is restored. Of a deleted key both times are in the past.
   */
  readonly deletion?: KeyDeletion;
  /** What the key was narrowed to when it was made; absent: all that its type has. */
  readonly keyOps?: readonly KeyOperation[];
  /** At least one where present. `name` is unique in the keystore. */
  readonly tags?: Readonly<Record<string, string>>;
  readonly description?: string;
  readonly policy?: KeyPolicy;
  /** When the server itself has to do something with the key: rotate it, or erase it. What is said elsewhere decides what. */
  readonly dueAt?: number;
  readonly maxCapabilityChainLength?: number;
  readonly publicAlias?: string;
  readonly publicAliasTemplate?: string;
  /** In order of `version`, without gaps; at least one. The last is the current one. */
  readonly versions: readonly KeyVersionRecord[];
}
