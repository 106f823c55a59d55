import type {Page} from './keystore-config-store.ts';
import type {Authenticated} from './record-authentication.ts';

/** One version of a key. Versions count from 1. */
export interface KeyVersionRecord {
  readonly version: number;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Raw public key bytes in the key type's own encoding (see keys/key-types.ts); absent for symmetric keys. */
  readonly publicKey?: Uint8Array;
  /**
   * What the key module needs to use this version again: for the software module the sealed private or secret key
   * material, for an HSM a reference. Opaque to the store, never empty.
   */
  readonly material: Uint8Array;
  /** The data key version that sealed `material`, which cannot be deleted meanwhile; absent where an HSM keeps the key. */
  readonly dataKeyVersionId?: string;
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
  readonly maxCapabilityChainLength?: number;
  readonly publicAlias?: string;
  readonly publicAliasTemplate?: string;
  /** In order of `version`; at least one. The last is the current one. */
  readonly versions: readonly KeyVersionRecord[];
}

export interface KeyRecordId {
  readonly keystoreId: string;
  readonly localKeyId: string;
}

/**
 * Persistence of key records. All methods throw `UnavailableError` where the store cannot be reached. A backend keeps
 * `Authenticated<KeyRecord>`; the rest of the server sees records whose authentication was verified.
 */
export interface KeyRecordStore<Record extends KeyRecord = KeyRecord> {
  /**
   * Stores a new record, durably.
   * @throws DuplicateError where the id exists. @throws NotFoundError where the keystore does not exist (any more).
   * @throws KeystoreSequenceError where the keystore's `sequence` is not `keystoreSequence`, if that is given: who was
   *   authorised to make the key may not be any more.
   * @throws KeyNotFoundError where a data key version that it names is not there (any more): seal again.
   * @throws QuotaExceededError where the keystore already holds `maxPerKeystore` records (checked in the same write).
   */
  insert(
    record: Record,
    options: {readonly maxPerKeystore: number; readonly keystoreSequence?: number},
  ): Promise<void>;

  /** The record as last written anywhere, or undefined. */
  find(id: KeyRecordId): Promise<Record | undefined>;

  /** The keystore's records in order of creation, in pages. @throws MalformedRequestError where `cursor` is not one that `list` gave. */
  list(options: {
    readonly keystoreId: string;
    readonly limit: number;
    readonly cursor?: string | undefined;
  }): Promise<Page<Record>>;
}

/** A record in place of the one that was read. */
export interface KeyRecordReplacement {
  /** Same identity, type and `createdAt`; the versions that were there, with the same public keys; `sequence` one higher. */
  readonly record: Authenticated<KeyRecord>;
  readonly replacedSequence: number;
}

/** What maintenance asks of a backend besides. */
export interface KeyMaintenance extends KeyRecordStore<Authenticated<KeyRecord>> {
  /** The keystore's local key ids in order of creation, in pages. @throws MalformedRequestError where `cursor` is not one that it gave. */
  listIds(options: {
    readonly keystoreId: string;
    readonly limit: number;
    readonly cursor?: string | undefined;
  }): Promise<Page<string>>;

  /**
   * Replaces records in one durable write, each where the stored `sequence` is still `replacedSequence`. The others are
   * left as they are. Without `flush` it need not be durable before any later write is: for what can be done again.
   * @returns which were replaced, by position. @throws KeyNotFoundError as `insert`.
   */
  replace(
    replacements: readonly KeyRecordReplacement[],
    options?: {readonly flush?: boolean},
  ): Promise<readonly boolean[]>;

  /**
   * At most `limit` of the keystore's records that are sealed or authenticated under one of `dataKeyVersionIds`.
   * Found by index: what it costs does not depend on the others.
   */
  listSealedUnder(options: {
    readonly keystoreId: string;
    readonly dataKeyVersionIds: readonly string[];
    readonly limit: number;
  }): Promise<readonly Authenticated<KeyRecord>[]>;

  /** How many of the keystore's records are. */
  countSealedUnder(options: {
    readonly keystoreId: string;
    readonly dataKeyVersionIds: readonly string[];
  }): Promise<number>;
}
