import {KeyNotFoundError, RootsChangedError} from '../key-errors.ts';
import {toDataKeys, toRootKeyVersions} from '../key-hierarchy-rows.ts';
import type {
  DataKeyRecord,
  DataKeyVersionRecord,
  ResealedDataKeyVersion,
  RootKeyVersionRecord,
  ScopeKeysAddition,
  ScopeKeysRecord,
} from '../key-hierarchy-store.ts';
import {requireSome} from '../require-some.ts';
import type {RootWrapperRows} from './root-wrapper-rows.ts';
import {integer, type Row, text, textOrNull} from './row.ts';
import {parseDataKeyVersions, parseSealedRootKeyVersions} from './scope-json.ts';
import {SCOPE_SQL as SQL} from './scope-statements.ts';
import type {Transaction} from './transaction.ts';

/** The positions of root wrappers by their ids. */
type RootsInUse = ReadonlyMap<string, number>;

interface NewDataKeyVersion extends DataKeyVersionRecord {
  readonly dataKeyId: string;
}

const toPositions = (rows: readonly Row[]): ReadonlyMap<string, number> =>
  new Map(rows.map((row) => [text(row, 'id'), integer(row, 'position')]));

/** What a record names must be stored, or be stored with it. */
function requirePosition(positions: ReadonlyMap<string, number>, id: string, what: string): number {
  const position = positions.get(id);
  if (position === undefined) throw new KeyNotFoundError(`There is no such ${what}.`);
  return position;
}

function requireReturned(rows: readonly Row[]): number {
  const [row] = rows;
  if (!row) throw new TypeError('An insertion returned no row.');
  return integer(row, 'position');
}

/** @throws RootsChangedError where these are not just the root wrappers that are in use */
function requireAllInUse(inUse: RootsInUse, {sealed}: RootKeyVersionRecord): void {
  const named = new Set(requireSome(sealed).map(({rootWrapperId}) => rootWrapperId));
  if (named.size === sealed.length && named.size === inUse.size && [...named].every((id) => inUse.has(id))) {
    return;
  }
  throw new RootsChangedError('A root key is sealed under just the root wrappers that are in use.');
}

/** The scopes and their keys. Each method is part of a transaction of its caller. */
export class ScopeRows {
  readonly #rootWrappers: RootWrapperRows;

  constructor(rootWrappers: RootWrapperRows) {
    this.#rootWrappers = rootWrappers;
  }

  async insert(
    tx: Transaction,
    {scope, rootKeyId, rootKeyVersions, dataKeys}: ScopeKeysRecord,
  ): Promise<void> {
    const inUse = await this.#rootWrappers.lockInUse(tx);
    const rootKey = requireReturned(await tx.query(SQL.insertRootKey, [rootKeyId, scope]));
    for (const version of requireSome(rootKeyVersions)) {
      await this.#insertRootKeyVersion(tx, {rootKey, version, inUse});
    }
    await this.#insertDataKeys(tx, {rootKey, dataKeys, dataKeyVersions: []});
  }

  async add(
    tx: Transaction,
    scope: string,
    {rootKeyVersion, dataKeys = [], dataKeyVersions = []}: ScopeKeysAddition,
  ): Promise<void> {
    // Before the scope's own lock, as everywhere.
    const inUse = rootKeyVersion && (await this.#rootWrappers.lockInUse(tx));
    const rootKey = await this.#lock(tx, scope);
    if (rootKey === undefined) throw new KeyNotFoundError('There is no such scope.');
    if (rootKeyVersion && inUse) {
      await this.#insertRootKeyVersion(tx, {rootKey, version: rootKeyVersion, inUse});
    }
    await this.#insertDataKeys(tx, {rootKey, dataKeys, dataKeyVersions});
  }

  async reseal(tx: Transaction, scope: string, resealed: readonly ResealedDataKeyVersion[]): Promise<number> {
    const rootKey = await this.#lock(tx, scope);
    if (rootKey === undefined) return 0;
    const byId = new Map(resealed.toReversed().map((each) => [each.id, each]));
    const given = [...byId.values()];
    const replaced = toPositions(
      await tx.query(SQL.lockReplaced, [
        rootKey,
        given.map(({id}) => id),
        given.map(({replacedBlob}) => replacedBlob),
      ]),
    );
    const found = given.filter(({id}) => replaced.has(id));
    if (found.length === 0) return 0;
    const rootKeyVersions = await this.#findRootKeyVersions(tx, rootKey, found);
    const {count} = await tx.execute(SQL.reseal, [
      found.map(({id}) => requirePosition(replaced, id, 'data key version')),
      found.map(({rootKeyVersionId}) =>
        requirePosition(rootKeyVersions, rootKeyVersionId, 'root key version'),
      ),
      found.map(({blob}) => blob),
    ]);
    return count;
  }

  async #lock(tx: Transaction, scope: string): Promise<number | undefined> {
    const [row] = await tx.query(SQL.lock, [scope]);
    return row && integer(row, 'position');
  }

  async #insertRootKeyVersion(
    tx: Transaction,
    {
      rootKey,
      version: {id, version, createdAt, sealed, ...rest},
      inUse,
    }: {readonly rootKey: number; readonly version: RootKeyVersionRecord; readonly inUse: RootsInUse},
  ): Promise<void> {
    requireAllInUse(inUse, {id, version, createdAt, sealed, ...rest});
    const rootKeyVersion = requireReturned(
      await tx.query(SQL.insertRootKeyVersion, [rootKey, id, version, createdAt]),
    );
    const rows = sealed.map(({rootWrapperId, blob}) => ({
      rootKeyVersion,
      rootWrapper: requirePosition(inUse, rootWrapperId, 'root wrapper'),
      blob,
    }));
    await this.#rootWrappers.insertRows(tx, rows);
  }

  async #insertDataKeys(
    tx: Transaction,
    {
      rootKey,
      dataKeys,
      dataKeyVersions,
    }: {
      readonly rootKey: number;
      readonly dataKeys: readonly DataKeyRecord[];
      readonly dataKeyVersions: readonly NewDataKeyVersion[];
    },
  ): Promise<void> {
    const first = dataKeys.flatMap(({id: dataKeyId, versions}) =>
      requireSome(versions).map((version): NewDataKeyVersion => ({...version, dataKeyId})),
    );
    if (dataKeys.length > 0) {
      const [ids, purposes] = [dataKeys.map(({id}) => id), dataKeys.map(({purpose}) => purpose)];
      await tx.query(SQL.insertDataKeys, [rootKey, ids, purposes]);
    }
    await this.#insertDataKeyVersions(tx, rootKey, [...first, ...dataKeyVersions]);
  }

  async #insertDataKeyVersions(
    tx: Transaction,
    rootKey: number,
    versions: readonly NewDataKeyVersion[],
  ): Promise<void> {
    if (versions.length === 0) return;
    const named = [...new Set(versions.map(({dataKeyId}) => dataKeyId))];
    const dataKeys = toPositions(await tx.query(SQL.findDataKeys, [rootKey, named]));
    const rootKeyVersions = await this.#findRootKeyVersions(tx, rootKey, versions);
    await tx.execute(SQL.insertDataKeyVersions, [
      versions.map(({id}) => id),
      versions.map(({dataKeyId}) => requirePosition(dataKeys, dataKeyId, 'data key')),
      versions.map(({version}) => version),
      versions.map(({createdAt}) => createdAt),
      versions.map(({rootKeyVersionId}) =>
        requirePosition(rootKeyVersions, rootKeyVersionId, 'root key version'),
      ),
      versions.map(({blob}) => blob),
    ]);
  }

  async #findRootKeyVersions(
    tx: Transaction,
    rootKey: number,
    named: readonly {readonly rootKeyVersionId: string}[],
  ): Promise<ReadonlyMap<string, number>> {
    const ids = [...new Set(named.map(({rootKeyVersionId}) => rootKeyVersionId))];
    return toPositions(await tx.query(SQL.findRootKeyVersions, [rootKey, ids]));
  }
}

/** @returns undefined where the scope has no keys. */
export function toScopeKeys(scope: string, row: Row | undefined): ScopeKeysRecord | undefined {
  return (
    row && {
      scope,
      rootKeyId: text(row, 'root_key_id'),
      rootKeyVersions: toRootKeyVersions(parseSealedRootKeyVersions(textOrNull(row, 'root_key_versions'))),
      dataKeys: toDataKeys(parseDataKeyVersions(textOrNull(row, 'data_key_versions'))),
    }
  );
}
