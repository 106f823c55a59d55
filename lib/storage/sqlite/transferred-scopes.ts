import type {DataKeyRecord, DataKeyVersionRecord, ScopeKeysRecord} from '../key-hierarchy-store.ts';
import {KeyNotFoundError} from '../key-errors.ts';
import {requireSome} from '../require-some.ts';
import {versionGaps} from '../version-gaps.ts';
import type {SqliteConnection} from './connection.ts';
import {keyHierarchyStatements, type RowId} from './key-hierarchy-statements.ts';
import type {RootWrapperRows} from './root-wrapper-rows.ts';

/** What stands for a version that was pruned, until the newer ones are there. */
const PRUNED = Buffer.from([0]);

/**
 * Scopes as another store has them: some of their versions were pruned. The rules want each number to follow another one,
 * and let any version but the newest go again: so they are made, and pruned, in one transaction.
 */
export class TransferredScopes {
  readonly #sql: ReturnType<typeof keyHierarchyStatements>;
  readonly #rootWrappers: RootWrapperRows;

  constructor(connection: SqliteConnection, rootWrappers: RootWrapperRows) {
    this.#sql = keyHierarchyStatements(connection);
    this.#rootWrappers = rootWrappers;
  }

  /** @throws KeyNotFoundError, RootsChangedError, DuplicateError where the scope is not one that the rules allow */
  put({scope, rootKeyId, rootKeyVersions, dataKeys}: ScopeKeysRecord): void {
    if (this.#sql.findRootKey.get(scope)) return;
    const {lastInsertRowid: rootKey} = this.#sql.insertRootKey.run(rootKeyId, scope);
    const positions = this.#putRootKeyVersions(rootKey, {rootKeyId, rootKeyVersions});
    for (const dataKey of dataKeys) this.#putDataKey(rootKey, dataKey, positions);
  }

  /** @returns the position of each, by id */
  #putRootKeyVersions(
    rootKey: RowId,
    {rootKeyId, rootKeyVersions}: Pick<ScopeKeysRecord, 'rootKeyId' | 'rootKeyVersions'>,
  ): ReadonlyMap<string, RowId> {
    const gaps = versionGaps(requireSome(rootKeyVersions)).map((version) => ({
      id: `${rootKeyId}:${version}`,
      version,
      createdAt: 0,
      sealed: undefined,
    }));
    const positions = new Map<string, RowId>();
    const inOrder = [...rootKeyVersions, ...gaps].toSorted((a, b) => a.version - b.version);
    for (const {id, version, createdAt, sealed} of inOrder) {
      const {lastInsertRowid} = this.#sql.insertRootKeyVersion.run(id, rootKey, version, createdAt);
      if (!sealed) continue;
      this.#rootWrappers.requireAllInUse(sealed.map(({rootWrapperId}) => rootWrapperId));
      for (const {rootWrapperId, blob} of sealed) {
        this.#sql.insertSealed.run(lastInsertRowid, this.#rootWrappers.requireOpen(rootWrapperId), blob);
      }
      positions.set(id, lastInsertRowid);
    }
    for (const {id} of gaps) this.#sql.deleteRootKeyVersion.run(id);
    return positions;
  }

  #putDataKey(
    rootKey: RowId,
    {id: dataKeyId, purpose, versions}: DataKeyRecord,
    rootKeyVersions: ReadonlyMap<string, RowId>,
  ): void {
    const {lastInsertRowid: dataKey} = this.#sql.insertDataKey.run(dataKeyId, rootKey, purpose);
    const [{rootKeyVersionId}] = requireSome(versions) as [DataKeyVersionRecord];
    const gaps = versionGaps(versions).map((version) => ({
      ...{id: `${dataKeyId}:${version}`, version, createdAt: 0, rootKeyVersionId, blob: PRUNED},
    }));
    const inOrder = [...versions, ...gaps].toSorted((a, b) => a.version - b.version);
    for (const {id, version, createdAt, rootKeyVersionId, blob} of inOrder) {
      const rootKeyVersion = rootKeyVersions.get(rootKeyVersionId);
      if (rootKeyVersion === undefined) throw new KeyNotFoundError('There is no such root key version.');
      this.#sql.insertDataKeyVersion.run(id, dataKey, version, createdAt, rootKeyVersion, blob);
    }
    for (const {id} of gaps) this.#sql.deleteDataKeyVersion.run(id);
  }
}
