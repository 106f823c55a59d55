import {KeystoreSequenceError, NotFoundError, QuotaExceededError} from '../../errors.ts';
import type {KeyRecord, KeyVersionRecord} from '../key-record.ts';
import type {KeyMaintenance, KeyRecordId, KeyRecordReplacement} from '../key-record-store.ts';
import type {Page} from '../keystore-config-store.ts';
import type {Authenticated} from '../record-authentication.ts';
import type {SqliteConnection} from './connection.ts';
import {KEY_ID_LIST, KEY_LIST, parseCursor, requireCount, rowsForPage, toPage} from './cursor.ts';
import {DataKeyVersionLookup, type WrittenMac} from './data-key-version-lookup.ts';
import {groupRows} from './group-rows.ts';
import {
  type KeyColumns,
  toKeyColumns,
  toKeyRecord,
  toVersionColumns,
  type VersionColumns,
} from './key-row.ts';
import {keyStatements} from './key-statements.ts';
import {requireSome} from './require-some.ts';

export class SqliteKeyRecordStore implements KeyMaintenance {
  readonly #connection: SqliteConnection;
  readonly #dataKeyVersions: DataKeyVersionLookup;
  readonly #sql: ReturnType<typeof keyStatements>;

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
    this.#dataKeyVersions = new DataKeyVersionLookup(connection);
    this.#sql = keyStatements(connection);
  }

  insert(
    record: Authenticated<KeyRecord>,
    {maxPerKeystore, keystoreSequence}: Parameters<KeyMaintenance['insert']>[1],
  ): Promise<void> {
    return this.#connection.write(() => {
      const keystore = this.#sql.findKeystore.get(record.keystoreId);
      if (keystore === undefined) throw new NotFoundError('The keystore does not exist.');
      if (keystoreSequence !== undefined && this.#sql.keystoreSequence.get(keystore) !== keystoreSequence) {
        throw new KeystoreSequenceError('The keystore was changed meanwhile.');
      }
      const {lastInsertRowid: key} = this.#sql.insert.run({...this.#toRow(record), keystore});
      for (const version of requireSome(record.versions)) {
        this.#sql.insertVersion.run({...this.#toVersionRow(version), key});
      }
      if ((this.#sql.countOfKeystore.get(keystore) ?? 0) > maxPerKeystore) {
        throw new QuotaExceededError('The quota of keys in this keystore is used up.');
      }
    });
  }

  find(id: KeyRecordId): Promise<Authenticated<KeyRecord> | undefined> {
    return this.#connection.run(() => {
      const rows = this.#sql.find.all(id.keystoreId, id.localKeyId);
      const [first] = rows;
      return first && toKeyRecord(id.keystoreId, first, rows);
    });
  }

  list({
    keystoreId,
    limit,
    cursor,
  }: Parameters<KeyMaintenance['list']>[0]): Promise<Page<Authenticated<KeyRecord>>> {
    return this.#connection.run(() => {
      const {position} = parseCursor(KEY_LIST, cursor);
      const rows = this.#sql.page.all(keystoreId, position, rowsForPage(limit));
      const keys = groupRows(rows, (row) => row.position);
      return toPage(KEY_LIST, keys, {
        limit,
        toPlace: ({first}) => ({group: 0, position: first.position}),
        toResult: ({first, all}) => toKeyRecord(keystoreId, first, all),
      });
    });
  }
  listIds({keystoreId, limit, cursor}: Parameters<KeyMaintenance['listIds']>[0]): Promise<Page<string>> {
    return this.#connection.run(() => {
      const {position} = parseCursor(KEY_ID_LIST, cursor);
      return toPage(KEY_ID_LIST, this.#sql.pageOfIds.all(keystoreId, position, rowsForPage(limit)), {
        limit,
        toPlace: (row) => ({group: 0, position: row.position}),
        toResult: ({localKeyId}) => localKeyId,
      });
    });
  }

  replace(
    replacements: readonly KeyRecordReplacement[],
    {flush = true}: Parameters<KeyMaintenance['replace']>[1] = {},
  ): Promise<readonly boolean[]> {
    const replace = (): boolean[] => replacements.map((replacement) => this.#replace(replacement));
    return this.#connection.write(replace, {flush});
  }

  listSealedUnder({
    keystoreId,
    dataKeyVersionIds,
    limit,
  }: Parameters<KeyMaintenance['listSealedUnder']>[0]): Promise<readonly Authenticated<KeyRecord>[]> {
    return this.#connection.snapshot(() => {
      const under = {keystoreId, ids: JSON.stringify(dataKeyVersionIds), limit: requireCount(limit)};
      const keys = new Set(this.#sql.sealedUnder.all(under));
      if (keys.size < limit) for (const key of this.#sql.authenticatedUnder.all(under)) keys.add(key);
      return [...keys].slice(0, limit).flatMap((key) => {
        const rows = this.#sql.findAt.all(key);
        return rows[0] ? [toKeyRecord(keystoreId, rows[0], rows)] : [];
      });
    });
  }

  countSealedUnder({
    keystoreId,
    dataKeyVersionIds,
  }: Parameters<KeyMaintenance['countSealedUnder']>[0]): Promise<number> {
    return this.#connection.run(
      () => this.#sql.countUnder.get({keystoreId, ids: JSON.stringify(dataKeyVersionIds)}) ?? 0,
    );
  }

  #replace({record, replacedSequence}: KeyRecordReplacement): boolean {
    const stored = this.#sql.findPlace.get(record.keystoreId, record.localKeyId);
    if (stored?.sequence !== replacedSequence) return false;
    if (record.sequence !== replacedSequence + 1 || record.versions.length !== stored.versions) {
      throw new TypeError('A record is replaced by its next sequence, with the same versions.');
    }
    const {changes} = this.#sql.update.run({...this.#toRow(record), position: stored.position});
    if (changes !== 1) throw new TypeError('A record is replaced by one of the same type and creation.');
    for (const version of record.versions) {
      const {changes} = this.#sql.updateVersion.run({...this.#toVersionRow(version), key: stored.position});
      if (changes !== 1) throw new TypeError('A record is replaced with the versions that it has.');
    }
    return true;
  }

  #toRow(record: Authenticated<KeyRecord>): KeyColumns & WrittenMac {
    return {...toKeyColumns(record), ...this.#dataKeyVersions.toWrittenMac(record.authentication)};
  }

  #toVersionRow(version: KeyVersionRecord): VersionColumns & {readonly dataKeyVersion: number | null} {
    const {dataKeyVersionId: id} = version;
    return {
      ...toVersionColumns(version),
      dataKeyVersion: id === undefined ? null : this.#dataKeyVersions.position(id),
    };
  }
}
