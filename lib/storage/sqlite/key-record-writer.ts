import {DuplicateError, KeySequenceError, KeystoreSequenceError, NotFoundError} from '../../errors.ts';
import type {KeyRecord, KeyVersionRecord} from '../key-record.ts';
import type {KeyMaintenance, KeyRecordReplacement, KeyUpdateOptions} from '../key-record-store.ts';
import type {Authenticated} from '../record-authentication.ts';
import type {TransferRecords} from '../store-transfer.ts';
import type {SqliteConnection} from './connection.ts';
import {DataKeyVersionLookup} from './data-key-version-lookup.ts';
import {toKeyColumns} from '../key-columns.ts';
import {KeyQuota} from './key-quota.ts';
import type {RowId} from './key-hierarchy-statements.ts';
import {toVersionColumns} from '../key-version-columns.ts';
import {
  keyWriteStatements,
  type KeyPlace,
  type WrittenKey,
  type WrittenVersion,
} from './key-write-statements.ts';
import {requireSome} from '../require-some.ts';

const keystoreChanged = (): KeystoreSequenceError =>
  new KeystoreSequenceError('The keystore was changed meanwhile.');

/**
 * Writes key records, each method within a transaction that writes. What is refused is looked for in one order: the
 * keystore, the key, its name, the quota, the keys that it is sealed and authenticated under.
 */
export class KeyRecordWriter {
  readonly #dataKeyVersions: DataKeyVersionLookup;
  readonly #quota: KeyQuota;
  readonly #sql: ReturnType<typeof keyWriteStatements>;

  constructor(connection: SqliteConnection) {
    this.#dataKeyVersions = new DataKeyVersionLookup(connection);
    this.#quota = new KeyQuota(connection);
    this.#sql = keyWriteStatements(connection);
  }

  /** @returns what is to be called once it is committed. */
  insert(
    record: Authenticated<KeyRecord>,
    {maxPerKeystore, keystoreSequence}: Parameters<KeyMaintenance['insert']>[1],
  ): () => void {
    const keystore = this.#sql.findKeystore.get(record.keystoreId);
    if (keystore === undefined) throw new NotFoundError('The keystore does not exist.');
    if (keystoreSequence !== undefined && keystore.sequence !== keystoreSequence) throw keystoreChanged();
    if (this.#sql.findPlace.get(record.keystoreId, record.localKeyId)) {
      throw new DuplicateError('A record with that identity exists.');
    }
    this.#requireFreeName(record, {keystore: keystore.position});
    const committed = this.#quota.assertBelow(maxPerKeystore, keystore.position);
    this.#insert(record, keystore.position);
    return committed;
  }

  /**
   * Stores a record that another store has, with how often its versions were used, unless it is there.
   * @throws NotFoundError where there is no such keystore.
   */
  put(record: Authenticated<KeyRecord>, uses: TransferRecords['key']['uses']): void {
    const keystore = this.#sql.findKeystore.get(record.keystoreId);
    if (keystore === undefined) throw new NotFoundError('The keystore does not exist.');
    if (this.#sql.findPlace.get(record.keystoreId, record.localKeyId)) return;
    this.#requireFreeName(record, {keystore: keystore.position});
    const key = this.#insert(record, keystore.position);
    for (const [version, count] of uses) this.#sql.insertUses.run(key, version, count);
  }

  /** @returns whether material was erased. */
  update(record: Authenticated<KeyRecord>, {keystoreSequence, changedVersions}: KeyUpdateOptions): boolean {
    const stored = this.#sql.findPlace.get(record.keystoreId, record.localKeyId);
    if (!stored) throw new KeySequenceError('The key does not exist.');
    if (
      keystoreSequence !== undefined &&
      this.#sql.keystoreSequence.get(stored.keystore) !== keystoreSequence
    ) {
      throw keystoreChanged();
    }
    if (stored.sequence !== record.sequence - 1) {
      throw new KeySequenceError('The key was changed meanwhile.');
    }
    this.#requireFreeName(record, stored);
    const undestroyed = this.#sql.countMaterial.get(stored.position) ?? 0;
    this.#updateVersions(record, stored, changedVersions);
    const {changes} = this.#sql.update.run({...this.#toRow(record), position: stored.position});
    if (changes !== 1) throw new TypeError('A record is updated to one of the same identity and origin.');
    const left = record.versions.filter(({material}) => material).length;
    return left < undestroyed + (record.versions.length - stored.versions);
  }

  /** @returns whether the stored record was the one that is replaced. */
  replace({record, replacedSequence, changedVersions}: KeyRecordReplacement): boolean {
    const stored = this.#sql.findPlace.get(record.keystoreId, record.localKeyId);
    if (stored?.sequence !== replacedSequence) return false;
    if (record.sequence !== replacedSequence + 1 || record.versions.length !== stored.versions) {
      throw new TypeError('A record is replaced by its next sequence, with the same versions.');
    }
    const {changes} = this.#sql.replace.run({...this.#toRow(record), position: stored.position});
    if (changes !== 1) throw new TypeError('A record is replaced by one that says the same.');
    const isChanged = among(changedVersions);
    for (const version of record.versions) {
      if (!isChanged(version)) continue;
      const {changes} = this.#sql.replaceVersion.run({...this.#toVersionRow(version), key: stored.position});
      if (changes !== 1) throw new TypeError('A record is replaced with the versions that it has.');
    }
    return true;
  }

  #insert(record: Authenticated<KeyRecord>, keystore: number): RowId {
    const {lastInsertRowid: key} = this.#sql.insert.run({...this.#toRow(record), keystore});
    for (const version of requireSome(record.versions)) {
      this.#sql.insertVersion.run({...this.#toVersionRow(version), key});
    }
    return key;
  }

  #requireFreeName(
    {tags}: KeyRecord,
    {keystore, position}: {readonly keystore: number; readonly position?: number},
  ): void {
    const name = tags?.['name'];
    if (name === undefined) return;
    const named = this.#sql.findNamed.get(keystore, name);
    if (named !== undefined && named !== position) {
      throw new DuplicateError('Another key of the keystore has that name.');
    }
  }

  /** Before the record: a key is deleted after its material. Of a thousand versions few change, and those alone are written. */
  #updateVersions(
    {versions}: KeyRecord,
    stored: KeyPlace,
    changedVersions: KeyUpdateOptions['changedVersions'],
  ): void {
    if (versions.length < stored.versions) throw new TypeError('A version of a key never goes.');
    const isChanged = among(changedVersions);
    for (const [index, version] of versions.entries()) {
      if (index < stored.versions && !isChanged(version)) continue;
      const row = {...this.#toVersionRow(version), key: stored.position};
      if (index >= stored.versions) this.#sql.insertVersion.run(row);
      else if (this.#sql.findSameVersion.get(row)) continue;
      else if (this.#sql.updateVersion.run(row).changes !== 1) {
        throw new TypeError('A version of a key stays what it is.');
      }
    }
  }

  #toRow(record: Authenticated<KeyRecord>): WrittenKey {
    return {...toKeyColumns(record), ...this.#dataKeyVersions.toWrittenMac(record.authentication)};
  }

  #toVersionRow(version: KeyVersionRecord): WrittenVersion {
    const {dataKeyVersionId: id} = version;
    return {
      ...toVersionColumns(version),
      dataKeyVersion: id === undefined ? null : this.#dataKeyVersions.position(id),
    };
  }
}

/** Whether a version is one that may have changed. */
function among(
  changed: KeyUpdateOptions['changedVersions'],
): (version: Pick<KeyVersionRecord, 'version'>) => boolean {
  if (!changed) return () => true;
  const numbers = new Set(changed);
  return ({version}) => numbers.has(version);
}
