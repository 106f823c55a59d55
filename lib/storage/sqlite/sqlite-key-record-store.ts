import {KeystoreSequenceError, NotFoundError, QuotaExceededError} from '../../errors.ts';
import type {KeyRecord, KeyRecordId, KeyRecordStore} from '../key-record-store.ts';
import type {Page} from '../keystore-config-store.ts';
import type {SqliteConnection} from './connection.ts';
import {KEY_LIST, parseCursor, rowsForPage, toPage} from './cursor.ts';
import {groupRows} from './group-rows.ts';
import {toKeyColumns, toKeyRecord, toVersionColumns} from './key-row.ts';
import {keyStatements} from './key-statements.ts';
import {requireSome} from './require-some.ts';

export class SqliteKeyRecordStore implements KeyRecordStore {
  readonly #connection: SqliteConnection;
  readonly #sql: ReturnType<typeof keyStatements>;

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
    this.#sql = keyStatements(connection);
  }

  insert(
    record: KeyRecord,
    {maxPerKeystore, keystoreSequence}: Parameters<KeyRecordStore['insert']>[1],
  ): Promise<void> {
    return this.#connection.write(() => {
      const keystore = this.#sql.findKeystore.get(record.keystoreId);
      if (keystore === undefined) throw new NotFoundError('The keystore does not exist.');
      if (keystoreSequence !== undefined && this.#sql.keystoreSequence.get(keystore) !== keystoreSequence) {
        throw new KeystoreSequenceError('The keystore was changed meanwhile.');
      }
      const {lastInsertRowid: key} = this.#sql.insert.run({...toKeyColumns(record), keystore});
      for (const version of requireSome(record.versions)) {
        this.#sql.insertVersion.run({...toVersionColumns(version), key});
      }
      if ((this.#sql.countOfKeystore.get(keystore) ?? 0) > maxPerKeystore) {
        throw new QuotaExceededError('The quota of keys in this keystore is used up.');
      }
    });
  }

  find(id: KeyRecordId): Promise<KeyRecord | undefined> {
    return this.#connection.run(() => {
      const rows = this.#sql.find.all(id.keystoreId, id.localKeyId);
      const [first] = rows;
      return first && toKeyRecord(id.keystoreId, first, rows);
    });
  }

  list({keystoreId, limit, cursor}: Parameters<KeyRecordStore['list']>[0]): Promise<Page<KeyRecord>> {
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
}
