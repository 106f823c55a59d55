import {InternalError} from '../../errors.ts';
import {KeyInUseError} from '../key-errors.ts';
import type {
  DataKeyVersionReferencer,
  KeyHierarchyStore,
  ResealedDataKeyVersion,
  RootWrapperRecord,
  ScopeKeysAddition,
  ScopeKeysRecord,
} from '../key-hierarchy-store.ts';
import type {Page} from '../keystore-config-store.ts';
import type {SqliteConnection} from './connection.ts';
import {DataKeyVersionReferencers} from './data-key-version-referencers.ts';
import {isForeignKeyViolation} from './driver-error.ts';
import {KeyHierarchySchema} from './key-hierarchy-schema.ts';
import {RootWrapperRows} from './root-wrapper-rows.ts';
import {ScopeRows} from './scope-rows.ts';

const inUse = (cause: unknown): KeyInUseError => new KeyInUseError('Something is sealed under it.', {cause});

/** Rules that hold between rows are the database's own (migrations/0002-key-hierarchy-rules.ts). */
export class SqliteKeyHierarchyStore implements KeyHierarchyStore {
  readonly #connection: SqliteConnection;
  readonly #rootWrappers: RootWrapperRows;
  readonly #scopes: ScopeRows;
  readonly #referencers: DataKeyVersionReferencers;
  readonly #schema: KeyHierarchySchema;
  /** How much more than one each the writes of this object have added to the collection version: it counts rows. */
  #excess = 0;

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
    this.#rootWrappers = new RootWrapperRows(connection);
    this.#scopes = new ScopeRows(connection, this.#rootWrappers);
    this.#referencers = new DataKeyVersionReferencers(connection);
    this.#schema = new KeyHierarchySchema(connection);
  }

  listRootWrappers(): Promise<readonly RootWrapperRecord[]> {
    return this.#connection.run(() => this.#rootWrappers.list());
  }

  insertFirstRootWrapper(record: RootWrapperRecord): Promise<boolean> {
    return this.#write(() => this.#rootWrappers.insertFirst(record));
  }

  insertRootWrapper(record: RootWrapperRecord): Promise<void> {
    return this.#write(() => this.#rootWrappers.insert(record));
  }

  updateRootWrapper(
    id: string,
    change: Parameters<KeyHierarchyStore['updateRootWrapper']>[1],
  ): Promise<boolean> {
    return this.#write(() => this.#rootWrappers.update(id, change));
  }

  deleteRootWrapper(id: string): Promise<boolean> {
    return this.#delete(() => this.#rootWrappers.delete(id));
  }

  listScopesLacking(rootWrapperId: string, {limit}: {readonly limit: number}): Promise<readonly string[]> {
    return this.#connection.snapshot(() => this.#rootWrappers.listScopesLacking(rootWrapperId, limit));
  }

  countSealed(rootWrapperId: string): Promise<{readonly sealed: number; readonly total: number}> {
    return this.#connection.snapshot(() => this.#rootWrappers.countSealed(rootWrapperId));
  }

  insertSealedRootKeys(
    rootWrapperId: string,
    sealed: Parameters<KeyHierarchyStore['insertSealedRootKeys']>[1],
  ): Promise<void> {
    return this.#write(() => this.#rootWrappers.insertSealed(rootWrapperId, sealed));
  }

  deleteSealedRootKeys(rootWrapperId: string, {limit}: {readonly limit: number}): Promise<number> {
    return this.#write(() => this.#rootWrappers.deleteSealed(rootWrapperId, limit));
  }

  findScope(scope: string): Promise<ScopeKeysRecord | undefined> {
    return this.#connection.snapshot(() => this.#scopes.find(scope));
  }

  listScopes({limit, cursor}: Parameters<KeyHierarchyStore['listScopes']>[0]): Promise<Page<string>> {
    return this.#connection.run(() => this.#scopes.list(limit, cursor));
  }

  insertScope(record: ScopeKeysRecord): Promise<void> {
    return this.#write(() => this.#scopes.insert(record));
  }

  addKeys(scope: string, addition: ScopeKeysAddition): Promise<void> {
    return this.#write(() => this.#scopes.add(scope, addition));
  }

  resealDataKeyVersions(scope: string, resealed: readonly ResealedDataKeyVersion[]): Promise<number> {
    return this.#write(() => this.#scopes.reseal(scope, resealed));
  }

  deleteDataKeyVersion(id: string): Promise<boolean> {
    return this.#delete(() => this.#scopes.deleteDataKeyVersion(id));
  }

  deleteRootKeyVersion(id: string): Promise<boolean> {
    return this.#delete(() => this.#scopes.deleteRootKeyVersion(id));
  }

  deleteScope(scope: string): Promise<boolean> {
    return this.#delete(() => this.#scopes.delete(scope));
  }

  /** `deleteScope` as part of a transaction of its caller. @throws KeyInUseError */
  deleteScopeNow(scope: string): boolean {
    try {
      return this.#scopes.delete(scope);
    } catch (error) {
      throw isForeignKeyViolation(error) ? inUse(error) : error;
    }
  }

  listReferenced(dataKeyVersionIds: readonly string[]): Promise<readonly string[]> {
    return this.#connection.snapshot(() => this.#referencers.listReferenced(dataKeyVersionIds));
  }

  listDataKeyVersionReferencers(): Promise<readonly DataKeyVersionReferencer[]> {
    return this.#connection.run(() =>
      this.#referencers.list().map(({name, restricts}) => ({name, restricts})),
    );
  }

  readCollectionVersion(): Promise<number> {
    return this.#connection.run(() => this.#scopes.readCollectionVersion() - this.#excess);
  }

  validateSchema(): Promise<void> {
    return this.#connection.snapshot(() => {
      this.#schema.validate(this.#referencers.list());
    });
  }

  #write<T>(work: () => T): Promise<T> {
    let added = 0;
    return this.#connection.write(
      () => {
        const before = this.#scopes.readCollectionVersion();
        const result = work();
        added = this.#scopes.readCollectionVersion() - before;
        return result;
      },
      {committed: () => void (this.#excess += Math.max(0, added - 1))},
    );
  }

  /** A deferred reference is told of by the commit. */
  async #delete(work: () => boolean): Promise<boolean> {
    try {
      return await this.#write(work);
    } catch (error) {
      const {cause} = error instanceof InternalError ? error : {};
      throw isForeignKeyViolation(cause) ? inUse(cause) : error;
    }
  }
}
