import {requireCount} from '../cursor.ts';
import {KeyInUseError, KeyNotFoundError, RootsChangedError} from '../key-errors.ts';
import type {
  KeyHierarchyStore,
  RootWrapperRecord,
  RootWrapperState,
  SealedUnderDataKey,
} from '../key-hierarchy-store.ts';
import {ROOT_WRAPPER_SQL as SQL} from './root-wrapper-statements.ts';
import {bytesOrNull, integer, oneOf, type Row, text, textOrNull} from './row.ts';
import {statement, type Value} from './statement.ts';
import type {Transaction} from './transaction.ts';

/** How one root key version is sealed under one root wrapper: positions. */
export interface SealedRow {
  readonly rootKeyVersion: number;
  readonly rootWrapper: number;
  readonly blob: Uint8Array;
}

const STATES: readonly RootWrapperState[] = ['adding', 'active', 'retiring'];
/** It stays until the transaction ends; one that is just being deleted is waited for, and not found then. */
const FIND_DATA_KEY_VERSION = statement('SELECT position FROM data_key_version WHERE id = $1 FOR KEY SHARE');

function toRecord(row: Row): RootWrapperRecord {
  const [parameters, blob] = [textOrNull(row, 'parameters'), bytesOrNull(row, 'sealer')];
  return {
    id: text(row, 'id'),
    uri: text(row, 'uri'),
    wrapperKeyId: text(row, 'wrapper_key_id'),
    createdAt: integer(row, 'created_at'),
    state: oneOf(row, 'state', STATES),
    ...(parameters !== null && {parameters}),
    ...(blob !== null && {sealer: {blob, dataKeyVersionId: text(row, 'sealer_key_version_id')}}),
  };
}

interface StoredRoot {
  readonly position: number;
  readonly state: RootWrapperState;
}

const toStored = (row: Row | undefined): StoredRoot | undefined =>
  row && {position: integer(row, 'position'), state: oneOf(row, 'state', STATES)};

/** The root wrappers, and what is sealed under them. Each method is part of a transaction of its caller. */
export class RootWrapperRows {
  /** By root wrapper: the first root key version that was not sealed under it when last looked at. */
  readonly #firstLacking = new Map<string, number>();

  async list(tx: Transaction): Promise<readonly RootWrapperRecord[]> {
    return (await tx.query(SQL.list)).map(toRecord);
  }

  async insertFirst(tx: Transaction, record: RootWrapperRecord): Promise<boolean> {
    await tx.query(SQL.lockRoots);
    return (await tx.execute(SQL.insertFirst, await this.#toValues(tx, record))).count === 1;
  }

  async insert(tx: Transaction, record: RootWrapperRecord): Promise<void> {
    await tx.query(SQL.lockRoots);
    await tx.execute(SQL.insert, await this.#toValues(tx, record));
  }

  async update(
    tx: Transaction,
    id: string,
    {from, to, sealer, uri}: Parameters<KeyHierarchyStore['updateRootWrapper']>[1],
  ): Promise<boolean> {
    await tx.query(SQL.lockRoots);
    const stored = toStored((await tx.query(SQL.find, [id]))[0]);
    if (stored?.state !== from) return false;
    const sealerKeyVersion = await this.#sealerKeyVersion(tx, sealer);
    const values = [stored.position, to, uri ?? null, sealer?.blob ?? null, sealerKeyVersion];
    return (await tx.execute(SQL.update, values)).count === 1;
  }

  /** The positions, by their ids, of those that are `adding` or `active`; until the transaction ends no others are. */
  async lockInUse(tx: Transaction): Promise<ReadonlyMap<string, number>> {
    await tx.query(SQL.lockRootsShared);
    const rows = await tx.query(SQL.listInUse);
    return new Map(rows.map((row) => [text(row, 'id'), integer(row, 'position')]));
  }

  async listScopesLacking(tx: Transaction, id: string, limit: number): Promise<readonly string[]> {
    const rootWrapper = toStored((await tx.query(SQL.find, [id]))[0])?.position ?? 0;
    const read = async (from: number) => tx.query(SQL.listLacking, [rootWrapper, from, requireCount(limit)]);
    // Those before are sealed, unless another has deleted them since: what seems to be the end is looked at again.
    const from = this.#firstLacking.get(id) ?? 0;
    let lacking = await read(from);
    if (lacking.length === 0 && from > 0) lacking = await read(0);
    if (lacking[0]) this.#firstLacking.set(id, integer(lacking[0], 'position'));
    else this.#firstLacking.delete(id);
    return [...new Set(lacking.map((row) => text(row, 'scope')))];
  }

  async insertSealed(
    tx: Transaction,
    id: string,
    sealed: readonly {readonly rootKeyVersionId: string; readonly blob: Uint8Array}[],
  ): Promise<void> {
    await tx.query(SQL.lockRootsShared);
    const stored = toStored((await tx.query(SQL.find, [id]))[0]);
    if (!stored) throw new KeyNotFoundError('There is no such root wrapper.');
    if (stored.state === 'retiring') throw new RootsChangedError('The root wrapper is being retired.');
    const blobs = new Map(sealed.toReversed().map(({rootKeyVersionId, blob}) => [rootKeyVersionId, blob]));
    // In order of position, whoever seals them.
    const found = await tx.query(SQL.lockRootKeyVersions, [[...blobs.keys()]]);
    const rows = found.flatMap((row): SealedRow[] => {
      const blob = blobs.get(text(row, 'id'));
      return blob ? [{rootKeyVersion: integer(row, 'position'), rootWrapper: stored.position, blob}] : [];
    });
    await this.insertRows(tx, rows);
  }

  async insertRows(tx: Transaction, rows: readonly SealedRow[]): Promise<void> {
    await tx.execute(SQL.insertSealed, [
      rows.map(({rootKeyVersion}) => rootKeyVersion),
      rows.map(({rootWrapper}) => rootWrapper),
      rows.map(({blob}) => blob),
    ]);
  }

  async deleteSealed(tx: Transaction, id: string, limit: number): Promise<number> {
    await tx.query(SQL.lockRootsShared);
    const stored = toStored((await tx.query(SQL.findToUnseal, [id]))[0]);
    if (!stored) return 0;
    if (stored.state === 'active') throw new KeyInUseError('The root wrapper is active.');
    return (await tx.execute(SQL.deleteSealed, [stored.position, requireCount(limit)])).count;
  }

  async #toValues(tx: Transaction, record: RootWrapperRecord): Promise<readonly Value[]> {
    const {id, uri, wrapperKeyId, parameters, createdAt, state, sealer} = record;
    const given = [id, uri, wrapperKeyId, parameters ?? null, createdAt, state, sealer?.blob ?? null];
    return [...given, await this.#sealerKeyVersion(tx, sealer)];
  }

  async #sealerKeyVersion(tx: Transaction, sealer: SealedUnderDataKey | undefined): Promise<number | null> {
    if (!sealer) return null;
    const [row] = await tx.query(FIND_DATA_KEY_VERSION, [sealer.dataKeyVersionId]);
    if (!row) throw new KeyNotFoundError('There is no such data key version.');
    return integer(row, 'position');
  }
}
