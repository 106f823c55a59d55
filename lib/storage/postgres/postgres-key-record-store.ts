import {KEY_ID_LIST, KEY_LIST, parseCursor, requireCount, rowsForPage, toPage} from '../cursor.ts';
import {groupRows, type RowGroup} from '../group-rows.ts';
import {KeyCounts} from '../key-counts.ts';
import type {KeyRecord} from '../key-record.ts';
import type {DueKey, KeyMaintenance, KeyRecordId, KeyRecordReplacement} from '../key-record-store.ts';
import type {Page} from '../keystore-config-store.ts';
import type {Authenticated} from '../record-authentication.ts';
import {insertKey, updateKey} from './key-record-writer.ts';
import {readKey, readOneKey} from './key-rows.ts';
import * as sql from './key-statements.ts';
import type {PostgresConnection} from './postgres-connection.ts';
import {replaceKeys} from './replace-keys.ts';
import {integer, type Row, text} from './row.ts';
import {withStoreErrors} from './with-store-errors.ts';

/** Bytes of keys in one page of a list: reading them, and writing the reply, take some milliseconds each. */
const MAX_PAGE_WEIGHT = 1024 * 1024;

const byKey = (rows: readonly Row[]): readonly RowGroup<Row>[] =>
  groupRows(rows, (row) => integer(row, 'position'));

const readGroup = (keystoreId: string, {first, all}: RowGroup<Row>): Authenticated<KeyRecord> =>
  readKey(keystoreId, [first, ...all.slice(1)]);

export class PostgresKeyRecordStore implements KeyMaintenance {
  readonly #connection: PostgresConnection;
  readonly #counts = new KeyCounts();

  constructor(connection: PostgresConnection) {
    this.#connection = connection;
  }

  insert(...[record, options]: Parameters<KeyMaintenance['insert']>): Promise<void> {
    return this.#connection.write((tx) => insertKey(tx, record, {...options, counts: this.#counts}));
  }

  /** Erased material stays in dead rows until the server has vacuumed them, and in its log and what was copied of that. */
  update(...[record, options = {}]: Parameters<KeyMaintenance['update']>): Promise<void> {
    return this.#connection.write((tx) => updateKey(tx, record, options));
  }

  /** `flush` makes no difference: commits of many share a flush of the log. */
  replace(replacements: readonly KeyRecordReplacement[]): Promise<readonly boolean[]> {
    return this.#connection.write((tx) => replaceKeys(tx, replacements));
  }

  find({keystoreId, localKeyId}: KeyRecordId): Promise<Authenticated<KeyRecord> | undefined> {
    return withStoreErrors(async () =>
      readOneKey(keystoreId, await this.#connection.query(sql.FIND, [keystoreId, localKeyId])),
    );
  }

  findByName({
    keystoreId,
    name,
  }: Parameters<KeyMaintenance['findByName']>[0]): Promise<Authenticated<KeyRecord> | undefined> {
    return withStoreErrors(async () =>
      readOneKey(keystoreId, await this.#connection.query(sql.FIND_NAMED, [keystoreId, name])),
    );
  }

  list({
    keystoreId,
    limit,
    cursor,
  }: Parameters<KeyMaintenance['list']>[0]): Promise<Page<Authenticated<KeyRecord>>> {
    return withStoreErrors(async () => {
      const {position} = parseCursor(KEY_LIST, cursor);
      const values = [keystoreId, position, rowsForPage(limit), MAX_PAGE_WEIGHT];
      const keys = byKey(await this.#connection.query(sql.PAGE, values));
      const found = keys[0] ? integer(keys[0].first, 'found') : 0;
      // Where more were found than were read, one that stands for these says that more follow.
      const listed = found > keys.length ? [...keys, ...keys.slice(-1)] : keys;
      return toPage(KEY_LIST, listed, {
        limit: Math.min(limit, keys.length),
        toPlace: ({first}) => ({group: 0, position: integer(first, 'position')}),
        toResult: (key) => readGroup(keystoreId, key),
      });
    });
  }

  listIds({keystoreId, limit, cursor}: Parameters<KeyMaintenance['listIds']>[0]): Promise<Page<string>> {
    return withStoreErrors(async () => {
      const {position} = parseCursor(KEY_ID_LIST, cursor);
      const rows = await this.#connection.query(sql.PAGE_OF_IDS, [keystoreId, position, rowsForPage(limit)]);
      return toPage(KEY_ID_LIST, rows, {
        limit,
        toPlace: (row) => ({group: 0, position: integer(row, 'position')}),
        toResult: (row) => text(row, 'localKeyId'),
      });
    });
  }

  listDue({at, limit, after}: Parameters<KeyMaintenance['listDue']>[0]): Promise<readonly DueKey[]> {
    return withStoreErrors(async () => {
      const place = [
        after?.dueAt ?? Number.MIN_SAFE_INTEGER,
        after?.keystoreId ?? null,
        after?.localKeyId ?? null,
      ];
      const rows = await this.#connection.query(sql.DUE, [at, ...place, requireCount(limit)]);
      return rows.map((row) => ({
        keystoreId: text(row, 'keystoreId'),
        localKeyId: text(row, 'localKeyId'),
        dueAt: integer(row, 'dueAt'),
      }));
    });
  }

  listSealedUnder({
    keystoreId,
    dataKeyVersionIds,
    limit,
  }: Parameters<KeyMaintenance['listSealedUnder']>[0]): Promise<readonly Authenticated<KeyRecord>[]> {
    return withStoreErrors(async () => {
      const values = [keystoreId, dataKeyVersionIds, requireCount(limit)];
      const rows = await this.#connection.query(sql.SEALED_UNDER, values);
      return byKey(rows).map((key) => readGroup(keystoreId, key));
    });
  }

  countSealedUnder({
    keystoreId,
    dataKeyVersionIds,
  }: Parameters<KeyMaintenance['countSealedUnder']>[0]): Promise<number> {
    return withStoreErrors(async () => {
      const [row = {}] = await this.#connection.query(sql.COUNT_UNDER, [keystoreId, dataKeyVersionIds]);
      return integer(row, 'keys');
    });
  }
}
