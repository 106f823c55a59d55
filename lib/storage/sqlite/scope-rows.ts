import {KeyNotFoundError} from '../key-errors.ts';
import {toDataKeys, toRootKeyVersions} from '../key-hierarchy-rows.ts';
import type {
  DataKeyRecord,
  DataKeyVersionRecord,
  ResealedDataKeyVersion,
  RootKeyVersionRecord,
  ScopeKeysAddition,
  ScopeKeysRecord,
} from '../key-hierarchy-store.ts';
import type {Page} from '../keystore-config-store.ts';
import type {SqliteConnection} from './connection.ts';
import {parseCursor, rowsForPage, SCOPE_LIST, toPage} from '../cursor.ts';
import {keyHierarchyStatements, type RowId} from './key-hierarchy-statements.ts';
import {requireSome} from '../require-some.ts';
import type {RootWrapperRows} from './root-wrapper-rows.ts';

/** What a record names must be stored, or be stored with it. */
function requireFound(position: RowId | undefined, what: string): RowId {
  if (position === undefined) throw new KeyNotFoundError(`There is no such ${what}.`);
  return position;
}

/** The scopes and their keys. Each method is part of a transaction of its caller. */
export class ScopeRows {
  readonly #sql: ReturnType<typeof keyHierarchyStatements>;
  readonly #rootWrappers: RootWrapperRows;

  constructor(connection: SqliteConnection, rootWrappers: RootWrapperRows) {
    this.#sql = keyHierarchyStatements(connection);
    this.#rootWrappers = rootWrappers;
  }

  find(scope: string): ScopeKeysRecord | undefined {
    const rootKey = this.#sql.findRootKey.get(scope);
    if (!rootKey) return undefined;
    return {
      scope,
      rootKeyId: rootKey.id,
      rootKeyVersions: toRootKeyVersions(this.#sql.rootKeyVersions.all(scope)),
      dataKeys: toDataKeys(this.#sql.dataKeyVersions.all(scope)),
    };
  }

  list(limit: number, cursor: string | undefined): Page<string> {
    const {position} = parseCursor(SCOPE_LIST, cursor);
    return toPage(SCOPE_LIST, this.#sql.listScopes.all(position, rowsForPage(limit)), {
      limit,
      toPlace: (row) => ({group: 0, position: row.position}),
      toResult: ({scope}) => scope,
    });
  }

  insert({scope, rootKeyId, rootKeyVersions, dataKeys}: ScopeKeysRecord): void {
    const {lastInsertRowid: rootKey} = this.#sql.insertRootKey.run(rootKeyId, scope);
    for (const version of requireSome(rootKeyVersions)) this.#insertRootKeyVersion(rootKey, version);
    for (const dataKey of dataKeys) this.#insertDataKey(rootKey, dataKey);
  }

  add(scope: string, {rootKeyVersion, dataKeys = [], dataKeyVersions = []}: ScopeKeysAddition): void {
    const rootKey = requireFound(this.#sql.findRootKey.get(scope)?.position, 'scope');
    if (rootKeyVersion) this.#insertRootKeyVersion(rootKey, rootKeyVersion);
    for (const dataKey of dataKeys) this.#insertDataKey(rootKey, dataKey);
    for (const version of dataKeyVersions) {
      const dataKey = requireFound(this.#sql.findDataKey.get(version.dataKeyId, rootKey), 'data key');
      this.#insertDataKeyVersion(rootKey, dataKey, version);
    }
  }

  reseal(scope: string, resealed: readonly ResealedDataKeyVersion[]): number {
    const rootKey = this.#sql.findRootKey.get(scope)?.position;
    if (rootKey === undefined) return 0;
    let count = 0;
    for (const {id, rootKeyVersionId, blob, replacedBlob} of resealed) {
      const position = this.#sql.findReplaced.get({id, replacedBlob, rootKey});
      if (position === undefined) continue;
      this.#sql.reseal.run(this.#requireRootKeyVersion(rootKey, rootKeyVersionId), blob, position);
      count++;
    }
    return count;
  }

  delete(scope: string): boolean {
    return this.#sql.deleteScope.run(scope).changes === 1;
  }

  deleteDataKeyVersion(id: string): boolean {
    return this.#sql.deleteDataKeyVersion.run(id).changes === 1;
  }

  deleteRootKeyVersion(id: string): boolean {
    return this.#sql.deleteRootKeyVersion.run(id).changes === 1;
  }

  readCollectionVersion(): number {
    const version = this.#sql.collectionVersion.get();
    if (version === undefined) throw new TypeError('The row of hierarchy_state is missing.');
    return version;
  }

  #insertRootKeyVersion(rootKey: RowId, {id, version, createdAt, sealed}: RootKeyVersionRecord): void {
    this.#rootWrappers.requireAllInUse(requireSome(sealed).map(({rootWrapperId}) => rootWrapperId));
    const {lastInsertRowid} = this.#sql.insertRootKeyVersion.run(id, rootKey, version, createdAt);
    for (const {rootWrapperId, blob} of sealed) {
      this.#sql.insertSealed.run(lastInsertRowid, this.#rootWrappers.requireOpen(rootWrapperId), blob);
    }
  }

  #insertDataKey(rootKey: RowId, {id, purpose, versions}: DataKeyRecord): void {
    const {lastInsertRowid: dataKey} = this.#sql.insertDataKey.run(id, rootKey, purpose);
    for (const version of requireSome(versions)) this.#insertDataKeyVersion(rootKey, dataKey, version);
  }

  #insertDataKeyVersion(
    rootKey: RowId,
    dataKey: RowId,
    {id, version, createdAt, rootKeyVersionId, blob}: DataKeyVersionRecord,
  ): void {
    const rootKeyVersion = this.#requireRootKeyVersion(rootKey, rootKeyVersionId);
    this.#sql.insertDataKeyVersion.run(id, dataKey, version, createdAt, rootKeyVersion, blob);
  }

  #requireRootKeyVersion(rootKey: RowId, id: string): RowId {
    return requireFound(this.#sql.findRootKeyVersion.get(id, rootKey), 'root key version');
  }
}
