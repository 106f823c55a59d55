import {InvalidStateError, KeystoreSequenceError, QuotaExceededError} from '../../errors.ts';
import {KEYSTORE_ID_LIST, KEYSTORE_LIST, parseCursor, rowsForPage, toPage} from '../cursor.ts';
import {toKeystoreColumns} from '../keystore-columns.ts';
import type {KeystoreConfig, KeystoreMaintenance, Page} from '../keystore-config-store.ts';
import type {Authenticated, RecordAuthentication} from '../record-authentication.ts';
import {creatorLock} from './advisory-locks.ts';
import {dataKeyVersionMissing, namingDataKeyVersions} from './data-key-versions.ts';
import {readKeystore} from './keystore-rows.ts';
import {insertControllers, toKeystoreValues} from './keystore-values.ts';
import * as sql from './keystore-statements.ts';
import type {PostgresConnection} from './postgres-connection.ts';
import type {PostgresKeyHierarchyStore} from './postgres-key-hierarchy-store.ts';
import {bytes, integer, type Row, text, textOrNull} from './row.ts';
import {withStoreErrors} from './with-store-errors.ts';

const sequenceError = (): KeystoreSequenceError =>
  new KeystoreSequenceError('The keystore is not in the state that the request replaces.');

function isReplaced(stored: Row, replaced: KeystoreConfig): boolean {
  const {sequence, controller, controllers} = toKeystoreColumns(replaced);
  return (
    integer(stored, 'sequence') === sequence &&
    textOrNull(stored, 'controller') === controller &&
    textOrNull(stored, 'controllers') === controllers
  );
}

export class PostgresKeystoreConfigStore implements KeystoreMaintenance {
  readonly #connection: PostgresConnection;
  readonly #keyHierarchy: PostgresKeyHierarchyStore;

  constructor(connection: PostgresConnection, keyHierarchy: PostgresKeyHierarchyStore) {
    this.#connection = connection;
    this.#keyHierarchy = keyHierarchy;
  }

  insert(
    config: Authenticated<KeystoreConfig>,
    {creator, maxPerCreator}: Parameters<KeystoreMaintenance['insert']>[1],
  ): Promise<void> {
    return this.#connection.write(async (tx) => {
      await tx.query(sql.LOCK_CREATOR, [creatorLock(creator)]);
      const [row] = await namingDataKeyVersions(() =>
        tx.query(sql.INSERT, [...toKeystoreValues(config), creator]),
      );
      if (!row) throw dataKeyVersionMissing(config.authentication.dataKeyVersionId);
      if (integer(row, 'created') >= maxPerCreator) {
        throw new QuotaExceededError('The quota of keystores is used up.');
      }
      await insertControllers(tx, integer(row, 'position'), config, [creator]);
    });
  }

  find(id: string): Promise<Authenticated<KeystoreConfig> | undefined> {
    return withStoreErrors(async () => {
      const [row] = await this.#connection.query(sql.FIND, [id]);
      return row && readKeystore(row);
    });
  }

  update(
    config: Authenticated<KeystoreConfig>,
    {replaced, updater}: Parameters<KeystoreMaintenance['update']>[1],
  ): Promise<void> {
    return this.#connection.write(async (tx) => {
      if (config.id !== replaced.id || config.sequence !== replaced.sequence + 1) throw sequenceError();
      const [stored] = await tx.query(sql.LOCK_CONFIG, [replaced.id]);
      if (!stored || !isReplaced(stored, replaced)) throw sequenceError();
      const {count} = await namingDataKeyVersions(() => tx.execute(sql.UPDATE, toKeystoreValues(config)));
      if (count !== 1) throw dataKeyVersionMissing(config.authentication.dataKeyVersionId);
      const position = integer(stored, 'position');
      const listed = await tx.query(sql.DELETE_CONTROLLERS, [position]);
      const acknowledged = listed
        .filter((row) => integer(row, 'namedByOthers') === 0)
        .map((row) => text(row, 'controller'));
      await insertControllers(tx, position, config, [...acknowledged, text(stored, 'creator'), updater]);
    });
  }

  list({
    controller,
    limit,
    cursor,
  }: Parameters<KeystoreMaintenance['list']>[0]): Promise<Page<Authenticated<KeystoreConfig>>> {
    return withStoreErrors(async () => {
      const {group, position} = parseCursor(KEYSTORE_LIST, cursor);
      const after = [controller, group, position];
      return toPage(KEYSTORE_LIST, await this.#connection.query(sql.PAGE, [...after, rowsForPage(limit)]), {
        limit,
        toPlace: (row) => ({group: integer(row, 'namedByOthers'), position: integer(row, 'position')}),
        toResult: readKeystore,
      });
    });
  }

  delete(id: string, {sequence}: {readonly sequence: number}): Promise<void> {
    return this.#connection.write(async (tx) => {
      const [stored] = await tx.query(sql.LOCK_FOR_DELETION, [id]);
      if (!stored || integer(stored, 'sequence') !== sequence) throw sequenceError();
      const position = integer(stored, 'position');
      const [key] = await tx.query(sql.FIND_ANY_KEY, [position]);
      if (key) throw new InvalidStateError('The keystore holds keys.');
      // What is left of deleted keys names keys of the scope too.
      await tx.execute(sql.DELETE_TOMBSTONES, [position]);
      // Its rows of keystore_controller and revocation go with it: ON DELETE CASCADE. The row names keys of the scope.
      await tx.execute(sql.DELETE, [position]);
      await this.#keyHierarchy.deleteScopeIn(tx, id);
    });
  }

  listIds({limit, cursor}: Parameters<KeystoreMaintenance['listIds']>[0]): Promise<Page<string>> {
    return withStoreErrors(async () => {
      const {position} = parseCursor(KEYSTORE_ID_LIST, cursor);
      const rows = await this.#connection.query(sql.PAGE_OF_IDS, [position, rowsForPage(limit)]);
      return toPage(KEYSTORE_ID_LIST, rows, {
        limit,
        toPlace: (row) => ({group: 0, position: integer(row, 'position')}),
        toResult: (row) => text(row, 'id'),
      });
    });
  }

  replaceAuthentication(
    {id, sequence, authentication}: Authenticated<KeystoreConfig>,
    {mac, dataKeyVersionId}: RecordAuthentication,
  ): Promise<boolean> {
    return this.#connection.write(async (tx) => {
      const [stored] = await tx.query(sql.LOCK_CONFIG, [id]);
      if (!stored || integer(stored, 'sequence') !== sequence) return false;
      if (Buffer.compare(bytes(stored, 'mac'), authentication.mac) !== 0) return false;
      const {count} = await namingDataKeyVersions(() =>
        tx.execute(sql.REPLACE_AUTHENTICATION, [id, mac, dataKeyVersionId]),
      );
      if (count !== 1) throw dataKeyVersionMissing(dataKeyVersionId);
      return true;
    });
  }
}
