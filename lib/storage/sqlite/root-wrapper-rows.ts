import {KeyInUseError, KeyNotFoundError, RootsChangedError} from '../key-errors.ts';
import type {KeyHierarchyStore, RootWrapperRecord, SealedUnderDataKey} from '../key-hierarchy-store.ts';
import type {SqliteConnection} from './connection.ts';
import {requireCount} from '../cursor.ts';
import {
  rootWrapperStatements,
  type ListedRootWrapperRow,
  type NewRootWrapperRow,
} from './root-wrapper-statements.ts';

function toRecord({parameters, sealer, sealerKeyVersionId, ...row}: ListedRootWrapperRow): RootWrapperRecord {
  return {
    ...row,
    ...(parameters !== null && {parameters}),
    ...(sealer !== null &&
      sealerKeyVersionId !== null && {sealer: {blob: sealer, dataKeyVersionId: sealerKeyVersionId}}),
  };
}

/** The root wrappers, and what is sealed under them. Each method is part of a transaction of its caller. */
export class RootWrapperRows {
  readonly #sql: ReturnType<typeof rootWrapperStatements>;
  /** By root wrapper: the first root key version that was not sealed under it when last looked at. */
  readonly #firstLacking = new Map<string, number>();

  constructor(connection: SqliteConnection) {
    this.#sql = rootWrapperStatements(connection);
  }

  list(): readonly RootWrapperRecord[] {
    return this.#sql.list.all().map(toRecord);
  }

  insertFirst(record: RootWrapperRecord): boolean {
    return this.#sql.insertFirst.run(this.#toRow(record)).changes === 1;
  }

  insert(record: RootWrapperRecord): void {
    this.#sql.insert.run(this.#toRow(record));
  }

  update(
    id: string,
    {from, to, sealer, uri}: Parameters<KeyHierarchyStore['updateRootWrapper']>[1],
  ): boolean {
    const stored = this.#sql.find.get(id);
    if (stored?.state !== from) return false;
    this.#sql.update.run({
      position: stored.position,
      state: to,
      uri: uri ?? null,
      sealer: sealer?.blob ?? null,
      sealerKeyVersion: this.#sealerKeyVersion(sealer),
    });
    return true;
  }

  delete(id: string): boolean {
    return this.#sql.delete.run(id).changes === 1;
  }

  /** @throws RootsChangedError where these are not just the root wrappers that are `adding` or `active` */
  requireAllInUse(rootWrapperIds: readonly string[]): void {
    const inUse = new Set(this.#sql.listInUse.all());
    const named = new Set(rootWrapperIds);
    if (
      named.size === rootWrapperIds.length &&
      named.size === inUse.size &&
      [...named].every((id) => inUse.has(id))
    )
      return;
    throw new RootsChangedError('A root key is sealed under just the root wrappers that are in use.');
  }

  /** The position of one that something may be sealed under. @throws KeyNotFoundError, RootsChangedError */
  requireOpen(id: string): number {
    const stored = this.#sql.find.get(id);
    if (!stored) throw new KeyNotFoundError('There is no such root wrapper.');
    if (stored.state === 'retiring') throw new RootsChangedError('The root wrapper is being retired.');
    return stored.position;
  }

  listScopesLacking(id: string, limit: number): readonly string[] {
    const rootWrapper = this.#sql.find.get(id)?.position ?? 0;
    const read = (from: number) => this.#sql.listLacking.all(rootWrapper, from, requireCount(limit));
    // Those before are sealed, unless another has deleted them since: what seems to be the end is looked at again.
    const from = this.#firstLacking.get(id) ?? 0;
    let lacking = read(from);
    if (lacking.length === 0 && from > 0) lacking = read(0);
    if (lacking[0]) this.#firstLacking.set(id, lacking[0].position);
    else this.#firstLacking.delete(id);
    return [...new Set(lacking.map(({scope}) => scope))];
  }

  countSealed(id: string): {readonly sealed: number; readonly total: number} {
    const rootWrapper = this.#sql.find.get(id)?.position ?? 0;
    return {
      sealed: this.#sql.countSealed.get(rootWrapper) ?? 0,
      total: this.#sql.countRootKeyVersions.get() ?? 0,
    };
  }

  insertSealed(
    id: string,
    sealed: readonly {readonly rootKeyVersionId: string; readonly blob: Uint8Array}[],
  ): void {
    const rootWrapper = this.requireOpen(id);
    for (const {rootKeyVersionId, blob} of sealed) {
      this.#sql.insertSealed.run({id: rootKeyVersionId, rootWrapper, blob});
    }
  }

  deleteSealed(id: string, limit: number): number {
    const stored = this.#sql.find.get(id);
    if (!stored) return 0;
    if (stored.state === 'active') throw new KeyInUseError('The root wrapper is active.');
    return this.#sql.deleteSealed.run({rootWrapper: stored.position, limit: requireCount(limit)}).changes;
  }

  #toRow({sealer, ...record}: RootWrapperRecord): NewRootWrapperRow {
    return {
      ...record,
      parameters: record.parameters ?? null,
      sealer: sealer?.blob ?? null,
      sealerKeyVersion: this.#sealerKeyVersion(sealer),
    };
  }

  #sealerKeyVersion(sealer: SealedUnderDataKey | undefined): number | null {
    if (!sealer) return null;
    const position = this.#sql.findSealerKeyVersion.get(sealer.dataKeyVersionId);
    if (position === undefined) throw new KeyNotFoundError('There is no such data key version.');
    return position;
  }
}
