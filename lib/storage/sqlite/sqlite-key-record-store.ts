import {UnavailableError} from '../../errors.ts';
import type {KeyRecord} from '../key-record.ts';
import type {DueKey, KeyMaintenance, KeyRecordId, KeyRecordReplacement} from '../key-record-store.ts';
import type {Page} from '../keystore-config-store.ts';
import type {Authenticated} from '../record-authentication.ts';
import {mapInTurns, Turns} from '../../turns.ts';
import type {SqliteConnection} from './connection.ts';
import {KEY_ID_LIST, KEY_LIST, parseCursor, requireCount, rowsForPage, toPage} from '../cursor.ts';
import {KeyRecordWriter} from './key-record-writer.ts';
import {toKeyRecord} from '../key-columns.ts';
import {keyStatements} from './key-statements.ts';
import {readKeys} from './read-keys.ts';
import {type KeyRow, VERSIONS_AT_ONCE, WholeKeys} from './whole-keys.ts';

/** Bytes of keys in one page of a list: reading them, and writing the reply, take some milliseconds each. */
const MAX_PAGE_WEIGHT = 1024 * 1024;
const KEYS_A_PART = 128;

export class SqliteKeyRecordStore implements KeyMaintenance {
  readonly #connection: SqliteConnection;
  readonly #writer: KeyRecordWriter;
  readonly #sql: ReturnType<typeof keyStatements>;
  readonly #wholeKeys: WholeKeys;
  /** Whether the write-ahead log may hold material that was erased since: also what another process left there. */
  #logHoldsErased = true;

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
    this.#writer = new KeyRecordWriter(connection);
    this.#sql = keyStatements(connection);
    this.#wholeKeys = new WholeKeys(connection);
  }

  insert(...[record, options]: Parameters<KeyMaintenance['insert']>): Promise<void> {
    let committed: (() => void) | undefined;
    const insert = (): void => {
      committed = this.#writer.insert(record, options);
    };
    return this.#connection.write(insert, {committed: () => committed?.()});
  }

  async update(...[record, options = {}]: Parameters<KeyMaintenance['update']>): Promise<void> {
    const erased = await this.#connection.write(() => this.#writer.update(record, options));
    if (erased) this.#logHoldsErased = true;
    await this.#eraseLog();
  }

  find({keystoreId, localKeyId}: KeyRecordId): Promise<Authenticated<KeyRecord> | undefined> {
    return this.#findWhole(keystoreId, (most) => this.#sql.find.all(keystoreId, localKeyId, most));
  }

  findByName({
    keystoreId,
    name,
  }: Parameters<KeyMaintenance['findByName']>[0]): Promise<Authenticated<KeyRecord> | undefined> {
    return this.#findWhole(keystoreId, (most) => this.#sql.findNamed.all(keystoreId, name, most));
  }

  /** In parts: nothing else is done while rows are read, and each takes some 20 µs. */
  async list({
    keystoreId,
    limit,
    cursor,
  }: Parameters<KeyMaintenance['list']>[0]): Promise<Page<Authenticated<KeyRecord>>> {
    const turns = new Turns();
    const results: Authenticated<KeyRecord>[] = [];
    let [next, weight] = [cursor, 0];
    do {
      const left = {
        // What is no number of results is refused where rows are read.
        limit: Number.isFinite(limit) ? Math.min(limit - results.length, KEYS_A_PART) : limit,
        maxWeight: MAX_PAGE_WEIGHT - weight,
      };
      const part = await this.#listPart({keystoreId, cursor: next, ...left});
      for (const {localKeyId, record} of part.page.results) {
        const whole = record ?? (await this.find({keystoreId, localKeyId}));
        if (!record && whole) weight += weightOfVersions(whole);
        // Deleted since it was listed.
        if (whole && whole.state !== 'deleted') results.push(whole);
      }
      next = part.page.cursor;
      weight += part.weight;
      await turns.next();
    } while (next !== undefined && results.length < limit && weight < MAX_PAGE_WEIGHT);
    return next === undefined ? {results} : {results, cursor: next};
  }

  /** Without the records of keys of many versions. */
  #listPart({
    keystoreId,
    limit,
    cursor,
    maxWeight,
  }: Parameters<KeyMaintenance['list']>[0] & {readonly maxWeight: number}): Promise<{
    readonly page: Page<{readonly localKeyId: string; readonly record: Authenticated<KeyRecord> | undefined}>;
    readonly weight: number;
  }> {
    return this.#connection.run(() => {
      const {position} = parseCursor(KEY_LIST, cursor);
      const rows = this.#sql.page.iterate(keystoreId, position, rowsForPage(limit));
      const keys = readKeys(rows, maxWeight);
      const page = toPage(KEY_LIST, keys.all, {
        limit: Math.min(limit, keys.whole),
        toPlace: ({first}) => ({group: 0, position: first.position}),
        toResult: ({first, all}) => ({
          localKeyId: first.localKeyId,
          record: all.length < VERSIONS_AT_ONCE ? toKeyRecord(keystoreId, first, all) : undefined,
        }),
      });
      return {page, weight: keys.weight};
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
    const replace = (): boolean[] => replacements.map((replacement) => this.#writer.replace(replacement));
    return this.#connection.write(replace, {flush});
  }

  async listDue({at, limit, after}: Parameters<KeyMaintenance['listDue']>[0]): Promise<readonly DueKey[]> {
    await this.#eraseLog();
    return this.#connection.snapshot(() => {
      const position = after && this.#sql.positionOf.get(after.keystoreId, after.localKeyId);
      const place = {dueAt: after?.dueAt ?? Number.MIN_SAFE_INTEGER, position: position ?? 0};
      return this.#sql.due.all({at, ...place, limit: requireCount(limit)});
    });
  }

  async listSealedUnder({
    keystoreId,
    dataKeyVersionIds,
    limit,
  }: Parameters<KeyMaintenance['listSealedUnder']>[0]): Promise<readonly Authenticated<KeyRecord>[]> {
    const positions = await this.#connection.snapshot(() => {
      const under = {keystoreId, ids: JSON.stringify(dataKeyVersionIds), limit: requireCount(limit)};
      const keys = new Set(this.#sql.sealedUnder.all(under));
      if (keys.size < limit) for (const key of this.#sql.authenticatedUnder.all(under)) keys.add(key);
      return [...keys].slice(0, limit);
    });
    const records = await mapInTurns(positions, (position) =>
      this.#findWhole(keystoreId, (most) => this.#sql.findAt.all(position, most)),
    );
    return records.filter((record) => record !== undefined);
  }

  countSealedUnder({
    keystoreId,
    dataKeyVersionIds,
  }: Parameters<KeyMaintenance['countSealedUnder']>[0]): Promise<number> {
    return this.#connection.run(
      () => this.#sql.countUnder.get({keystoreId, ids: JSON.stringify(dataKeyVersionIds)}) ?? 0,
    );
  }

  async #findWhole(
    keystoreId: string,
    find: (most: number) => readonly KeyRow[],
  ): Promise<Authenticated<KeyRecord> | undefined> {
    const {key, versions} = await this.#wholeKeys.read((most) =>
      this.#connection.run(() => {
        const rows = find(most);
        return {found: undefined, key: rows[0], versions: rows};
      }),
    );
    return key && this.#connection.run(() => toKeyRecord(keystoreId, key, versions));
  }

  /**
   * Overwritten rows are in the log as they were, too. It is emptied where nobody reads or writes just now, else the next
   * time: what it was done for is committed, and does not fail with it.
   */
  async #eraseLog(): Promise<void> {
    if (!this.#logHoldsErased) return;
    const truncated = await this.#connection.truncateLog().catch((error: unknown) => {
      if (error instanceof UnavailableError) return false;
      throw error;
    });
    if (truncated) this.#logHoldsErased = false;
  }
}

/** Bytes, roughly. */
function weightOfVersions({versions}: KeyRecord): number {
  return versions.reduce(
    (sum, {publicKey, material}) => sum + (publicKey?.length ?? 0) + (material?.length ?? 0),
    0,
  );
}
