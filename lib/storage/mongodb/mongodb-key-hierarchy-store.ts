import {UnavailableError} from '../../errors.ts';
import {requireCount} from '../cursor.ts';
import type {
  DataKeyVersionReferencer,
  KeyHierarchyStore,
  ResealedDataKeyVersion,
  RootWrapperRecord,
  ScopeKeysAddition,
  ScopeKeysRecord,
} from '../key-hierarchy-store.ts';
import type {Page} from '../keystore-config-store.ts';
import type {StoredDocument} from './collections.ts';
import {listReferenced, REFERENCERS} from './data-key-references.ts';
import {isStale, writersOf} from './guard-document.ts';
import type {GuardedResult, GuardedWrites} from './guarded-write.ts';
import {COLLECTION_VERSION, HIERARCHY} from './hierarchy-document.ts';
import {validateKeyHierarchySchema} from './key-hierarchy-schema.ts';
import type {MongodbConnection} from './mongodb-connection.ts';
import {RootWrapperDocuments} from './root-wrapper-documents.ts';
import type {RootWrapperChange} from './root-wrapper-rules.ts';
import {ScopeDeletions} from './scope-deletions.ts';
import {ScopeDocuments} from './scope-documents.ts';
import {ScopeSealings} from './scope-sealing.ts';
import {SealedRootKeysOfScopes} from './sealed-root-keys.ts';
import {integer} from './stored-values.ts';

/** More than others add while one looks: a change of this object that is not counted must not hide one of theirs. */
const UNCOUNTED = 2 ** 32;

/** A scope's keys are one document, the root wrappers another: docs/mongodb-writes.md says how they are kept in step. */
export class MongodbKeyHierarchyStore implements KeyHierarchyStore {
  readonly #connection: MongodbConnection;
  readonly #guarded: GuardedWrites;
  readonly #rootWrappers: RootWrapperDocuments;
  readonly #scopes: ScopeDocuments;
  readonly #deletions: ScopeDeletions;
  readonly #sealings: ScopeSealings;
  readonly #sealed: SealedRootKeysOfScopes;
  /** Added to the collection version, so that it looks like others' changes. */
  #added = 0;

  constructor(connection: MongodbConnection, guarded: GuardedWrites) {
    this.#connection = connection;
    this.#guarded = guarded;
    this.#rootWrappers = new RootWrapperDocuments(connection, guarded);
    this.#scopes = new ScopeDocuments(connection, guarded);
    this.#deletions = new ScopeDeletions(connection, guarded);
    this.#sealings = new ScopeSealings(connection);
    this.#sealed = new SealedRootKeysOfScopes(connection, guarded);
  }

  listRootWrappers(): Promise<readonly RootWrapperRecord[]> {
    return this.#connection.within(() => this.#rootWrappers.list());
  }

  insertFirstRootWrapper(record: RootWrapperRecord): Promise<boolean> {
    return this.#connection.within(() => this.#rootWrappers.insertFirst(record));
  }

  insertRootWrapper(record: RootWrapperRecord): Promise<void> {
    return this.#connection.within(() => this.#rootWrappers.insert(record));
  }

  updateRootWrapper(id: string, change: RootWrapperChange): Promise<boolean> {
    return this.#connection.within(() => this.#rootWrappers.update(id, change));
  }

  deleteRootWrapper(id: string): Promise<boolean> {
    return this.#connection.within(() => this.#rootWrappers.delete(id));
  }

  listScopesLacking(rootWrapperId: string, {limit}: {readonly limit: number}): Promise<readonly string[]> {
    return this.#connection.within(() =>
      this.#sealings.find(
        ({versions, sealedUnder}) => (sealedUnder.get(rootWrapperId) ?? 0) < versions,
        requireCount(limit),
      ),
    );
  }

  countSealed(rootWrapperId: string): Promise<{readonly sealed: number; readonly total: number}> {
    return this.#connection.within(() => this.#sealings.countSealed(rootWrapperId));
  }

  /** Scope by scope, each whole: where it fails some may be sealed, and the next call seals the others. */
  insertSealedRootKeys(
    ...[rootWrapperId, sealed]: Parameters<KeyHierarchyStore['insertSealedRootKeys']>
  ): Promise<void> {
    return this.#connection.within(async () => {
      for (const result of await this.#sealed.insert(rootWrapperId, sealed)) this.#note(result);
    });
  }

  deleteSealedRootKeys(rootWrapperId: string, {limit}: {readonly limit: number}): Promise<number> {
    return this.#counted(() => this.#sealed.delete(rootWrapperId, requireCount(limit)));
  }

  findScope(scope: string): Promise<ScopeKeysRecord | undefined> {
    return this.#connection.within(() => this.#scopes.find(scope));
  }

  listScopes({limit, cursor}: Parameters<KeyHierarchyStore['listScopes']>[0]): Promise<Page<string>> {
    return this.#connection.within(() => this.#scopes.list(limit, cursor));
  }

  insertScope(record: ScopeKeysRecord): Promise<void> {
    return this.#counted(() => this.#scopes.insert(record));
  }

  addKeys(scope: string, addition: ScopeKeysAddition): Promise<void> {
    return this.#counted(() => this.#scopes.add(scope, addition));
  }

  resealDataKeyVersions(scope: string, resealed: readonly ResealedDataKeyVersion[]): Promise<number> {
    return this.#counted(() => this.#scopes.reseal(scope, resealed));
  }

  deleteDataKeyVersion(id: string): Promise<boolean> {
    return this.#counted(() => this.#deletions.deleteDataKeyVersion(id));
  }

  deleteRootKeyVersion(id: string): Promise<boolean> {
    return this.#counted(() => this.#deletions.deleteRootKeyVersion(id));
  }

  deleteScope(scope: string): Promise<boolean> {
    return this.#counted(() => this.#deletions.deleteScope(scope));
  }

  listReferenced(dataKeyVersionIds: readonly string[]): Promise<readonly string[]> {
    return this.#connection.within(() => listReferenced(this.#connection, dataKeyVersionIds));
  }

  listDataKeyVersionReferencers(): Promise<readonly DataKeyVersionReferencer[]> {
    return Promise.resolve(REFERENCERS);
  }

  /** Changes whose writers died before they were counted are counted here. */
  readCollectionVersion(): Promise<number> {
    return this.#connection.within(async () => {
      const added = this.#added;
      const {_id} = HIERARCHY;
      const projection = {[COLLECTION_VERSION]: 1, writers: 1} as const;
      const hierarchy = await this.#connection.findOne('hierarchy', {_id}, {projection});
      if (!hierarchy) return added;
      await this.#tidy(hierarchy);
      return integer(hierarchy[COLLECTION_VERSION] ?? 0) + added;
    });
  }

  validateSchema(): Promise<void> {
    return this.#connection.within(() => validateKeyHierarchySchema(this.#connection));
  }

  async #tidy(hierarchy: StoredDocument): Promise<void> {
    const stale = writersOf(hierarchy).filter((writer) => isStale(writer, Date.now()));
    if (stale.length === 0) return;
    try {
      await this.#guarded.tidy(HIERARCHY, stale);
    } catch (error) {
      // The next one that comes by does it.
      if (!(error instanceof UnavailableError)) throw error;
    }
  }

  #counted<T>(work: () => Promise<GuardedResult<T>>): Promise<T> {
    return this.#connection.within(async () => this.#note(await work()));
  }

  #note<T>({result, uncounted}: GuardedResult<T>): T {
    if (uncounted) this.#added += UNCOUNTED;
    return result;
  }
}
