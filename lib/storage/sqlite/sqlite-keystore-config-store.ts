import {InvalidStateError, KeystoreSequenceError, QuotaExceededError} from '../../errors.ts';
import type {KeystoreConfig, KeystoreMaintenance, Page} from '../keystore-config-store.ts';
import type {Authenticated, RecordAuthentication} from '../record-authentication.ts';
import {Turns} from '../../turns.ts';
import type {SqliteConnection} from './connection.ts';
import {KEYSTORE_ID_LIST, KEYSTORE_LIST, parseCursor, rowsForPage, toPage} from '../cursor.ts';
import {DataKeyVersionLookup} from './data-key-version-lookup.ts';
import {KeystoreRows} from './keystore-rows.ts';
import {keystoreStatements} from './keystore-statements.ts';
import {toKeystoreColumns, toKeystoreConfig} from '../keystore-columns.ts';
import type {SqliteKeyHierarchyStore} from './sqlite-key-hierarchy-store.ts';

const KEYSTORES_A_PART = 128;

const sequenceError = (): KeystoreSequenceError =>
  new KeystoreSequenceError('The keystore is not in the state that the request replaces.');

export class SqliteKeystoreConfigStore implements KeystoreMaintenance {
  readonly #connection: SqliteConnection;
  readonly #keyHierarchy: SqliteKeyHierarchyStore;
  readonly #dataKeyVersions: DataKeyVersionLookup;
  readonly #rows: KeystoreRows;
  readonly #sql: ReturnType<typeof keystoreStatements>;

  constructor(connection: SqliteConnection, keyHierarchy: SqliteKeyHierarchyStore) {
    this.#connection = connection;
    this.#keyHierarchy = keyHierarchy;
    this.#dataKeyVersions = new DataKeyVersionLookup(connection);
    this.#rows = new KeystoreRows(connection);
    this.#sql = keystoreStatements(connection);
  }

  insert(
    config: Authenticated<KeystoreConfig>,
    {creator, maxPerCreator}: Parameters<KeystoreMaintenance['insert']>[1],
  ): Promise<void> {
    return this.#connection.write(() => {
      this.#rows.insert(config, creator, [creator]);
      if ((this.#sql.countOfCreator.get(creator) ?? 0) > maxPerCreator) {
        throw new QuotaExceededError('The quota of keystores is used up.');
      }
    });
  }

  find(id: string): Promise<Authenticated<KeystoreConfig> | undefined> {
    return this.#connection.run(() => {
      const row = this.#sql.find.get(id);
      return row && toKeystoreConfig(row);
    });
  }

  update(
    config: Authenticated<KeystoreConfig>,
    {replaced, updater}: Parameters<KeystoreMaintenance['update']>[1],
  ): Promise<void> {
    return this.#connection.write(() => {
      if (config.id !== replaced.id || config.sequence !== replaced.sequence + 1) throw sequenceError();
      const {sequence, controller, controllers} = toKeystoreColumns(replaced);
      // Of a keystore that is gone the keys are too, which is not what is to be said.
      if (this.#sql.findSequence.get(replaced.id)?.sequence !== sequence) throw sequenceError();
      const updated = this.#sql.update.get({
        ...this.#rows.toRow(config),
        replacedSequence: sequence,
        replacedController: controller,
        replacedControllers: controllers,
      });
      if (!updated) throw sequenceError();
      const acknowledged = this.#sql.listAcknowledged.all(updated.position);
      this.#sql.deleteControllers.run(updated.position);
      this.#rows.insertControllers(updated.position, config, [...acknowledged, updated.creator, updater]);
    });
  }

  /** In parts: nothing else is done while rows are read. */
  async list({
    limit,
    cursor,
    ...options
  }: Parameters<KeystoreMaintenance['list']>[0]): Promise<Page<Authenticated<KeystoreConfig>>> {
    const turns = new Turns();
    const results: Authenticated<KeystoreConfig>[] = [];
    let next = cursor;
    do {
      // What is no number of results is refused where rows are read.
      const left = Number.isFinite(limit) ? Math.min(limit - results.length, KEYSTORES_A_PART) : limit;
      const part = await this.#listPart({...options, limit: left, cursor: next});
      results.push(...part.results);
      next = part.cursor;
      await turns.next();
    } while (next !== undefined && results.length < limit);
    return next === undefined ? {results} : {results, cursor: next};
  }

  #listPart({
    controller,
    limit,
    cursor,
  }: Parameters<KeystoreMaintenance['list']>[0]): Promise<Page<Authenticated<KeystoreConfig>>> {
    return this.#connection.run(() => {
      const {group, position} = parseCursor(KEYSTORE_LIST, cursor);
      return toPage(KEYSTORE_LIST, this.#sql.page.all(controller, group, position, rowsForPage(limit)), {
        limit,
        toPlace: (row) => ({group: row.namedByOthers, position: row.position}),
        toResult: toKeystoreConfig,
      });
    });
  }

  delete(id: string, {sequence}: {readonly sequence: number}): Promise<void> {
    return this.#connection.write(() => {
      const stored = this.#sql.findSequence.get(id);
      if (stored?.sequence !== sequence) throw sequenceError();
      if (this.#sql.findAnyKey.get(stored.position) !== undefined) {
        throw new InvalidStateError('The keystore holds keys.');
      }
      // What is left of deleted keys names keys of the scope too.
      this.#sql.deleteTombstones.run(stored.position);
      // Its rows of keystore_controller and revocation go with it: ON DELETE CASCADE. The row names keys of the scope.
      this.#sql.delete.run(stored.position);
      this.#keyHierarchy.deleteScopeNow(id);
    });
  }

  listIds({limit, cursor}: Parameters<KeystoreMaintenance['listIds']>[0]): Promise<Page<string>> {
    return this.#connection.run(() => {
      const {position} = parseCursor(KEYSTORE_ID_LIST, cursor);
      return toPage(KEYSTORE_ID_LIST, this.#sql.pageOfIds.all(position, rowsForPage(limit)), {
        limit,
        toPlace: (row) => ({group: 0, position: row.position}),
        toResult: ({id}) => id,
      });
    });
  }

  replaceAuthentication(
    {id, sequence, authentication}: Authenticated<KeystoreConfig>,
    replacement: RecordAuthentication,
  ): Promise<boolean> {
    return this.#connection.write(() => {
      if (this.#sql.findSequence.get(id)?.sequence !== sequence) return false;
      const written = this.#dataKeyVersions.toWrittenMac(replacement);
      const replaced = {id, replacedMac: authentication.mac};
      return this.#sql.replaceAuthentication.run({...written, ...replaced}).changes === 1;
    });
  }
}
