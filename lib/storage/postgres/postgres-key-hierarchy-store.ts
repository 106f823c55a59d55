import {parseCursor, rowsForPage, SCOPE_LIST, toPage} from '../cursor.ts';
import {KeyInUseError, KeyNotFoundError} from '../key-errors.ts';
import type {
  DataKeyVersionReferencer,
  KeyHierarchyStore,
  ResealedDataKeyVersion,
  RootWrapperRecord,
  ScopeKeysAddition,
  ScopeKeysRecord,
} from '../key-hierarchy-store.ts';
import type {Page} from '../keystore-config-store.ts';
import {listReferenced, listReferencers} from './data-key-version-referencers.ts';
import {isForeignKeyViolation, withoutValues} from './driver-error.ts';
import {validateKeyHierarchySchema} from './key-hierarchy-schema.ts';
import type {PostgresConnection} from './postgres-connection.ts';
import {RootWrapperRows} from './root-wrapper-rows.ts';
import {ROOT_WRAPPER_SQL} from './root-wrapper-statements.ts';
import {integer, text} from './row.ts';
import {ScopeRows, toScopeKeys} from './scope-rows.ts';
import {SCOPE_SQL} from './scope-statements.ts';
import type {Statement} from './statement.ts';
import type {Transaction} from './transaction.ts';
import {withStoreErrors} from './with-store-errors.ts';

/**
 * Rules that hold between rows are the database's own (migrations/0001-key-hierarchy-rules.ts), and so is the collection
 * version: each transaction that changes anything adds one to it.
 */
export class PostgresKeyHierarchyStore implements KeyHierarchyStore {
  readonly #connection: PostgresConnection;
  readonly #rootWrappers = new RootWrapperRows();
  readonly #scopes = new ScopeRows(this.#rootWrappers);

  constructor(connection: PostgresConnection) {
    this.#connection = connection;
  }

  listRootWrappers(): Promise<readonly RootWrapperRecord[]> {
    return withStoreErrors(() => this.#rootWrappers.list(this.#connection));
  }

  insertFirstRootWrapper(record: RootWrapperRecord): Promise<boolean> {
    return this.#write((tx) => this.#rootWrappers.insertFirst(tx, record));
  }

  insertRootWrapper(record: RootWrapperRecord): Promise<void> {
    return this.#write((tx) => this.#rootWrappers.insert(tx, record));
  }

  updateRootWrapper(
    id: string,
    change: Parameters<KeyHierarchyStore['updateRootWrapper']>[1],
  ): Promise<boolean> {
    return this.#write((tx) => this.#rootWrappers.update(tx, id, change));
  }

  deleteRootWrapper(id: string): Promise<boolean> {
    return this.#connection.write(async (tx) => {
      await tx.query(ROOT_WRAPPER_SQL.lockRoots);
      return deleteUnused(tx, ROOT_WRAPPER_SQL.delete, id);
    });
  }

  listScopesLacking(rootWrapperId: string, {limit}: {readonly limit: number}): Promise<readonly string[]> {
    return this.#connection.snapshot((tx) => this.#rootWrappers.listScopesLacking(tx, rootWrapperId, limit));
  }

  countSealed(rootWrapperId: string): Promise<{readonly sealed: number; readonly total: number}> {
    return withStoreErrors(async () => {
      const [row = {}] = await this.#connection.query(ROOT_WRAPPER_SQL.countSealed, [rootWrapperId]);
      return {sealed: integer(row, 'sealed'), total: integer(row, 'total')};
    });
  }

  insertSealedRootKeys(
    rootWrapperId: string,
    sealed: Parameters<KeyHierarchyStore['insertSealedRootKeys']>[1],
  ): Promise<void> {
    return this.#write((tx) => this.#rootWrappers.insertSealed(tx, rootWrapperId, sealed));
  }

  deleteSealedRootKeys(rootWrapperId: string, {limit}: {readonly limit: number}): Promise<number> {
    return this.#write((tx) => this.#rootWrappers.deleteSealed(tx, rootWrapperId, limit));
  }

  findScope(scope: string): Promise<ScopeKeysRecord | undefined> {
    return withStoreErrors(async () => {
      const [row] = await this.#connection.query(SCOPE_SQL.find, [scope]);
      return toScopeKeys(scope, row);
    });
  }

  /** One that is just being stored while the list is read may come to be before its end. */
  listScopes({limit, cursor}: Parameters<KeyHierarchyStore['listScopes']>[0]): Promise<Page<string>> {
    return withStoreErrors(async () => {
      const {position} = parseCursor(SCOPE_LIST, cursor);
      return toPage(
        SCOPE_LIST,
        await this.#connection.query(SCOPE_SQL.list, [position, rowsForPage(limit)]),
        {
          limit,
          toPlace: (row) => ({group: 0, position: integer(row, 'position')}),
          toResult: (row) => text(row, 'scope'),
        },
      );
    });
  }

  insertScope(record: ScopeKeysRecord): Promise<void> {
    return this.#write((tx) => this.#scopes.insert(tx, record));
  }

  addKeys(scope: string, addition: ScopeKeysAddition): Promise<void> {
    return this.#write((tx) => this.#scopes.add(tx, scope, addition));
  }

  resealDataKeyVersions(scope: string, resealed: readonly ResealedDataKeyVersion[]): Promise<number> {
    return this.#write((tx) => this.#scopes.reseal(tx, scope, resealed));
  }

  deleteDataKeyVersion(id: string): Promise<boolean> {
    return this.#connection.write(async (tx) => {
      await tx.query(SCOPE_SQL.holdKeystoreOfDataKeyVersion, [id]);
      return deleteUnused(tx, SCOPE_SQL.deleteDataKeyVersion, id);
    });
  }

  deleteRootKeyVersion(id: string): Promise<boolean> {
    return this.#connection.write(async (tx) => {
      await tx.query(SCOPE_SQL.holdScopeOfRootKeyVersion, [id]);
      return deleteUnused(tx, SCOPE_SQL.deleteRootKeyVersion, id);
    });
  }

  deleteScope(scope: string): Promise<boolean> {
    return this.#connection.write(async (tx) => {
      await tx.query(SCOPE_SQL.holdKeystore, [scope]);
      return this.deleteScopeIn(tx, scope);
    });
  }

  /** `deleteScope` as the last part of a transaction of its caller, which has locked the keystore. @throws KeyInUseError */
  deleteScopeIn(tx: Transaction, scope: string): Promise<boolean> {
    return deleteUnused(tx, SCOPE_SQL.delete, scope);
  }

  listReferenced(dataKeyVersionIds: readonly string[]): Promise<readonly string[]> {
    return this.#connection.snapshot((tx) => listReferenced(tx, dataKeyVersionIds));
  }

  listDataKeyVersionReferencers(): Promise<readonly DataKeyVersionReferencer[]> {
    return withStoreErrors(async () =>
      (await listReferencers(this.#connection)).map(({name, restricts}) => ({name, restricts})),
    );
  }

  readCollectionVersion(): Promise<number> {
    return withStoreErrors(async () => {
      const [row] = await this.#connection.query(SCOPE_SQL.collectionVersion);
      if (!row) throw new TypeError('The row of hierarchy_state is missing.');
      return integer(row, 'collection_version');
    });
  }

  validateSchema(): Promise<void> {
    return this.#connection.snapshot(validateKeyHierarchySchema);
  }

  #write<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.#connection.write(async (tx) => {
      try {
        return await work(tx);
      } catch (error) {
        if (!isForeignKeyViolation(error)) throw error;
        throw new KeyNotFoundError('What it names is not there any more.', {cause: withoutValues(error)});
      }
    });
  }
}

async function deleteUnused(tx: Transaction, deletion: Statement, id: string): Promise<boolean> {
  try {
    const {count} = await tx.execute(deletion, [id]);
    await tx.execute(SCOPE_SQL.checkReferences);
    return count === 1;
  } catch (error) {
    if (!isForeignKeyViolation(error)) throw error;
    throw new KeyInUseError('Something is sealed under it.', {cause: withoutValues(error)});
  }
}
