import type {
  DataKeyRecord,
  KeyHierarchyStore,
  RootKeyVersionRecord,
  RootWrapperRecord,
  ScopeKeysRecord,
} from '../key-hierarchy-store.ts';
import type {SqliteConnection} from './connection.ts';
import {toDataKeys, toRootKeyVersions, toRootWrapper} from './key-hierarchy-rows.ts';
import {keyHierarchyStatements} from './key-hierarchy-statements.ts';
import {requireSome} from './require-some.ts';

type RowId = number | bigint;

/** What the records name must be stored, or be stored with them. */
function requirePosition(position: RowId | undefined, id: string): RowId {
  if (position === undefined) throw new TypeError(`A record names ${id}, which is not stored.`);
  return position;
}

export class SqliteKeyHierarchyStore implements KeyHierarchyStore {
  readonly #connection: SqliteConnection;
  readonly #sql: ReturnType<typeof keyHierarchyStatements>;

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
    this.#sql = keyHierarchyStatements(connection);
  }

  listRootWrappers(): Promise<readonly RootWrapperRecord[]> {
    return this.#connection.run(() => this.#sql.listRootWrappers.all().map(toRootWrapper));
  }

  insertFirstRootWrapper(record: RootWrapperRecord): Promise<boolean> {
    const row = {...record, parameters: record.parameters ?? null};
    return this.#connection.run(() => this.#sql.insertFirstRootWrapper.run(row).changes === 1);
  }

  findScope(scope: string): Promise<ScopeKeysRecord | undefined> {
    return this.#connection.snapshot(() => {
      const rootKey = this.#sql.findRootKey.get(scope);
      if (!rootKey) return undefined;
      return {
        scope,
        rootKeyId: rootKey.id,
        rootKeyVersions: toRootKeyVersions(this.#sql.rootKeyVersions.all(scope)),
        dataKeys: toDataKeys(this.#sql.dataKeyVersions.all(scope)),
      };
    });
  }

  insertScope(record: ScopeKeysRecord): Promise<void> {
    return this.#connection.write(() => {
      const {lastInsertRowid: rootKey} = this.#sql.insertRootKey.run(record.rootKeyId, record.scope);
      const versions = new Map<string, RowId>();
      for (const version of requireSome(record.rootKeyVersions)) {
        versions.set(version.id, this.#insertRootKeyVersion(rootKey, version));
      }
      for (const dataKey of record.dataKeys) this.#insertDataKey(rootKey, dataKey, versions);
    });
  }

  /** Forgets a scope's keys, if it has any. Part of a transaction of its caller. */
  deleteScope(scope: string): void {
    const rootKey = this.#sql.findRootKey.get(scope);
    if (!rootKey) return;
    this.#sql.deleteDataKeys.run(rootKey.position);
    this.#sql.deleteRootKey.run(rootKey.position);
  }

  #insertRootKeyVersion(rootKey: RowId, {id, version, createdAt, sealed}: RootKeyVersionRecord): RowId {
    const {lastInsertRowid} = this.#sql.insertRootKeyVersion.run(id, rootKey, version, createdAt);
    for (const {rootWrapperId, blob} of requireSome(sealed)) {
      const rootWrapper = requirePosition(this.#sql.findRootWrapper.get(rootWrapperId), rootWrapperId);
      this.#sql.insertSealed.run(lastInsertRowid, rootWrapper, blob);
    }
    return lastInsertRowid;
  }

  #insertDataKey(
    rootKey: RowId,
    {id, purpose, versions}: DataKeyRecord,
    rootKeyVersions: ReadonlyMap<string, RowId>,
  ): void {
    const {lastInsertRowid: dataKey} = this.#sql.insertDataKey.run(id, rootKey, purpose);
    for (const {id, version, createdAt, rootKeyVersionId, blob} of requireSome(versions)) {
      const rootKeyVersion = requirePosition(rootKeyVersions.get(rootKeyVersionId), rootKeyVersionId);
      this.#sql.insertDataKeyVersion.run(id, dataKey, version, createdAt, rootKeyVersion, blob);
    }
  }
}
