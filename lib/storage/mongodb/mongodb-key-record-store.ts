import {KEY_ID_LIST, KEY_LIST, parseCursor, requireCount, rowsForPage, toPage} from '../cursor.ts';
import type {KeyRecord} from '../key-record.ts';
import type {DueKey, KeyMaintenance, KeyRecordId, KeyRecordReplacement} from '../key-record-store.ts';
import type {Page} from '../keystore-config-store.ts';
import type {Authenticated} from '../record-authentication.ts';
import type {StoredDocument} from './collections.ts';
import type {GuardedWrites} from './guarded-write.ts';
import {keyPlace, nameOf, toKeyIfAny, toKeyRecord} from './key-document.ts';
import {KeyRecordWriter} from './key-record-writer.ts';
import type {MongodbConnection} from './mongodb-connection.ts';
import {readKeys} from './read-keys.ts';
import {integer, text} from './stored-values.ts';

/** Bytes of keys in one page of a list: reading them, and writing the reply, take some milliseconds each. */
const MAX_PAGE_WEIGHT = 1024 * 1024;

const placeOf = (document: StoredDocument) => ({group: 0, position: integer(document['position'])});

export class MongodbKeyRecordStore implements KeyMaintenance {
  readonly #connection: MongodbConnection;
  readonly #writer: KeyRecordWriter;

  constructor(connection: MongodbConnection, writes: GuardedWrites) {
    this.#connection = connection;
    this.#writer = new KeyRecordWriter(connection, writes);
  }

  insert(...[record, options]: Parameters<KeyMaintenance['insert']>): Promise<void> {
    return this.#connection.within(() => this.#writer.insert(record, options));
  }

  update(...[record, options]: Parameters<KeyMaintenance['update']>): Promise<void> {
    return this.#connection.within(() => this.#writer.update(record, options));
  }

  find(id: KeyRecordId): Promise<Authenticated<KeyRecord> | undefined> {
    const {_id, keystoreId} = keyPlace(id);
    return this.#connection.within(async () =>
      toKeyIfAny(await this.#connection.findOne('key', {_id, keystoreId}, {reading: 'decisive'})),
    );
  }

  findByName({
    keystoreId,
    name,
  }: Parameters<KeyMaintenance['findByName']>[0]): Promise<Authenticated<KeyRecord> | undefined> {
    const named = {keystoreId, uniqueName: nameOf(name)};
    return this.#connection.within(async () =>
      toKeyIfAny(await this.#connection.findOne('key', named, {reading: 'decisive'})),
    );
  }

  list({
    keystoreId,
    limit,
    cursor,
  }: Parameters<KeyMaintenance['list']>[0]): Promise<Page<Authenticated<KeyRecord>>> {
    return this.#connection.within(async () => {
      const {position} = parseCursor(KEY_LIST, cursor);
      const conditions = {keystoreId, kept: true, position: {$gt: position}};
      const selection = {sort: {position: 1}, limit: rowsForPage(limit)} as const;
      const keys = await readKeys(MAX_PAGE_WEIGHT, (take) =>
        this.#connection.forEach('key', conditions, selection, take),
      );
      return toPage(KEY_LIST, keys.all, {
        limit: Math.min(limit, keys.whole),
        toPlace: ({document}) => placeOf(document),
        toResult: ({record}) => record,
      });
    });
  }

  listIds({keystoreId, limit, cursor}: Parameters<KeyMaintenance['listIds']>[0]): Promise<Page<string>> {
    return this.#connection.within(async () => {
      const {position} = parseCursor(KEY_ID_LIST, cursor);
      const rows = await this.#connection.find(
        'key',
        {keystoreId, position: {$gt: position}},
        {sort: {position: 1}, limit: rowsForPage(limit), projection: {position: 1, localKeyId: 1}},
      );
      return toPage(KEY_ID_LIST, rows, {
        limit,
        toPlace: placeOf,
        toResult: (row) => text(row['localKeyId']),
      });
    });
  }

  /** Each is durable: `flush` changes nothing. */
  replace(replacements: readonly KeyRecordReplacement[]): Promise<readonly boolean[]> {
    return this.#connection.within(() => this.#writer.replace(replacements));
  }

  listDue({at, limit, after}: Parameters<KeyMaintenance['listDue']>[0]): Promise<readonly DueKey[]> {
    return this.#connection.within(async () => {
      const rows = await this.#connection.find('key', await this.#dueAfter(at, after), {
        sort: {dueAt: 1, order: 1, _id: 1},
        limit: requireCount(limit),
        projection: {keystoreId: 1, localKeyId: 1, dueAt: 1},
      });
      return rows.map((row) => ({
        ...{
          keystoreId: text(row['keystoreId']),
          localKeyId: text(row['localKeyId']),
          dueAt: integer(row['dueAt']),
        },
      }));
    });
  }

  listSealedUnder({
    keystoreId,
    dataKeyVersionIds,
    limit,
  }: Parameters<KeyMaintenance['listSealedUnder']>[0]): Promise<readonly Authenticated<KeyRecord>[]> {
    return this.#connection.within(async () => {
      const under = sealedUnder(keystoreId, dataKeyVersionIds);
      const found = await this.#connection.find('key', under, {limit: requireCount(limit)});
      return found.map(toKeyRecord);
    });
  }

  countSealedUnder({
    keystoreId,
    dataKeyVersionIds,
  }: Parameters<KeyMaintenance['countSealedUnder']>[0]): Promise<number> {
    return this.#connection.within(() =>
      this.#connection.count('key', sealedUnder(keystoreId, dataKeyVersionIds)),
    );
  }

  /** Those due at `at`, after the key that `after` names: it stands for its place, wherever it is now. */
  async #dueAfter(at: number, after: DueKey | undefined) {
    if (!after) return {dueAt: {$lte: at}};
    const {_id, keystoreId} = keyPlace(after);
    const {dueAt} = after;
    const found = await this.#connection.findOne('key', {_id, keystoreId}, {projection: {order: 1}});
    const order = found?.['order'] === undefined ? 0 : integer(found['order']);
    return {
      $or: [{dueAt, order, _id: {$gt: _id}}, {dueAt, order: {$gt: order}}, {dueAt: {$gt: dueAt, $lte: at}}],
    };
  }
}

const sealedUnder = (keystoreId: string, dataKeyVersionIds: readonly string[]) => ({
  keystoreId,
  position: {$gt: 0},
  dataKeyVersionIds: {$in: [...dataKeyVersionIds]},
});
