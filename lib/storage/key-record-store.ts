import type {KeyRecord} from './key-record.ts';
import type {Page} from './keystore-config-store.ts';
import type {Authenticated} from './record-authentication.ts';

export interface KeyRecordId {
  readonly keystoreId: string;
  readonly localKeyId: string;
}

export interface KeyUpdateOptions {
  readonly keystoreSequence?: number;
  /** The versions that are not what they were, or new: of a thousand the others need not be looked at. Default: any may be. */
  readonly changedVersions?: readonly number[];
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
   * @throws QuotaExceededError where the keystore already holds `maxPerKeystore` records that are not deleted (checked in
   *   the same write). @throws DuplicateError, too, where another key of the keystore has its tag `name`.
   */
  insert(
    record: Record,
    options: {readonly maxPerKeystore: number; readonly keystoreSequence?: number},
  ): Promise<void>;

  /** The record as last written anywhere, or undefined. */
  find(id: KeyRecordId): Promise<Record | undefined>;

  /** The keystore's key that has this tag `name`, or undefined. Deleted keys have no tags. */
  findByName(options: {readonly keystoreId: string; readonly name: string}): Promise<Record | undefined>;

  /**
   * Replaces the stored record, atomically and durably, if its `sequence` is still one less than `record.sequence`. The new
   * one has the same identity, type and `createdAt`. It may have more versions; those that were there stay, with the same
   * `createdAt` and public key; material may be sealed anew, or be gone: then its bytes are overwritten in the database.
   * @throws KeySequenceError where the stored record is another, or there is none.
   * @throws KeystoreSequenceError as `insert`. @throws DuplicateError where another key of the keystore has its tag `name`.
   * @throws KeyNotFoundError as `insert`.
   */
  update(record: Record, options?: KeyUpdateOptions): Promise<void>;

  /**
   * The keystore's records in order of creation, in pages: of at most `limit`, and of fewer (but one) where they are large, so
   * that a page fits into memory. @throws MalformedRequestError where `cursor` is not one that `list` gave.
   */
  list(options: {
    readonly keystoreId: string;
    readonly limit: number;
    readonly cursor?: string | undefined;
  }): Promise<Page<Record>>;
}

/** A record in place of the one that was read. */
export interface KeyRecordReplacement {
  /** As the record that was there, but for material, what sealed it, MAC, and `sequence`, which is one higher. */
  readonly record: Authenticated<KeyRecord>;
  readonly replacedSequence: number;
  /** As `KeyUpdateOptions.changedVersions`: those that were sealed anew. */
  readonly changedVersions?: readonly number[];
}

/** Where to find a key that the server may have to do something with. */
export interface DueKey extends KeyRecordId {
  readonly dueAt: number;
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
   * At most `limit` keys of any keystore whose `dueAt` is at or before `at`, those due longest first, after the one that
   * `after` names. Found by index. Nothing that needs to be verified is told of them: one that cannot be read hides no other.
   */
  listDue(options: {
    readonly at: number;
    readonly limit: number;
    readonly after?: DueKey | undefined;
  }): Promise<readonly DueKey[]>;

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
