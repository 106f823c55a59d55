import {DuplicateError, InternalError} from '../../lib/errors.ts';
import {KeyNotFoundError, RootsChangedError} from '../../lib/storage/key-errors.ts';
import type {
  DataKeyRecord,
  RootKeyVersionRecord,
  RootWrapperRecord,
  ScopeKeysAddition,
  ScopeKeysRecord,
} from '../../lib/storage/key-hierarchy-store.ts';

export const defect = (what: string): InternalError => new InternalError(new TypeError(what));

function requireSome(...lists: readonly {readonly length: number}[]): void {
  if (lists.some(({length}) => length === 0)) throw defect('Something is empty.');
}

/** A version as the next of `versions`. */
function requireNext(versions: readonly {id: string; version: number}[], {version}: {version: number}): void {
  const newest = versions.at(-1)?.version ?? 0;
  if (version <= newest) throw new DuplicateError('Another has added that version.');
  if (version !== newest + 1) throw defect('Versions have no gap.');
}

/** What a database's unique indexes and triggers refuse of one scope. */
export class ScopeRules {
  readonly #rootWrappers: readonly RootWrapperRecord[];
  readonly #takenIds: ReadonlySet<string>;

  constructor(rootWrappers: readonly RootWrapperRecord[], takenIds: ReadonlySet<string>) {
    this.#rootWrappers = rootWrappers;
    this.#takenIds = takenIds;
  }

  first({scope, rootKeyId, rootKeyVersions, dataKeys}: ScopeKeysRecord): ScopeKeysRecord {
    requireSome(scope, rootKeyId, rootKeyVersions);
    this.#requireNew(rootKeyId);
    let record: ScopeKeysRecord = {scope, rootKeyId, rootKeyVersions: [], dataKeys: []};
    for (const rootKeyVersion of rootKeyVersions) record = this.add(record, {rootKeyVersion});
    return this.add(record, {dataKeys});
  }

  add(record: ScopeKeysRecord, addition: ScopeKeysAddition): ScopeKeysRecord {
    const {rootKeyVersion, dataKeys = [], dataKeyVersions = []} = addition;
    let added = rootKeyVersion ? this.#addRootKeyVersion(record, rootKeyVersion) : record;
    for (const {versions, ...dataKey} of dataKeys) {
      requireSome(dataKey.id, dataKey.purpose, versions);
      this.#requireNew(dataKey.id);
      if (added.dataKeys.some(({id, purpose}) => purpose === dataKey.purpose || id === dataKey.id)) {
        throw new DuplicateError('The scope has a key of that purpose.');
      }
      added = {...added, dataKeys: [...added.dataKeys, {...dataKey, versions: []}]};
      for (const version of versions) added = this.#addVersion(added, {...version, dataKeyId: dataKey.id});
    }
    for (const version of dataKeyVersions) added = this.#addVersion(added, version);
    return added;
  }

  #addRootKeyVersion(record: ScopeKeysRecord, version: RootKeyVersionRecord): ScopeKeysRecord {
    requireSome(version.id, version.sealed, ...version.sealed.map(({blob}) => blob));
    const inUse = this.#rootWrappers.filter(({state}) => state !== 'retiring').map(({id}) => id);
    const named = version.sealed.map(({rootWrapperId}) => rootWrapperId);
    if (named.toSorted().join(' ') !== inUse.toSorted().join(' ')) {
      throw new RootsChangedError('Other root wrappers are in use.');
    }
    this.#requireNew(version.id);
    requireNext(record.rootKeyVersions, version);
    return {...record, rootKeyVersions: [...record.rootKeyVersions, version]};
  }

  #addVersion(
    record: ScopeKeysRecord,
    {dataKeyId, ...version}: Required<ScopeKeysAddition>['dataKeyVersions'][number],
  ): ScopeKeysRecord {
    requireSome(version.id, version.blob);
    const dataKey = record.dataKeys.find(({id}) => id === dataKeyId);
    if (!dataKey) throw new KeyNotFoundError('There is no such data key.');
    if (!record.rootKeyVersions.some(({id}) => id === version.rootKeyVersionId)) {
      throw new KeyNotFoundError('There is no such root key version.');
    }
    this.#requireNew(version.id);
    requireNext(dataKey.versions, version);
    const grown: DataKeyRecord = {...dataKey, versions: [...dataKey.versions, version]};
    return {...record, dataKeys: record.dataKeys.map((each) => (each.id === dataKeyId ? grown : each))};
  }

  #requireNew(id: string): void {
    if (this.#takenIds.has(id)) throw new DuplicateError('A record with that identity exists.');
  }
}

/** All ids of a scope's keys and versions. */
export function idsOf({rootKeyId, rootKeyVersions, dataKeys}: ScopeKeysRecord): readonly string[] {
  const versions = dataKeys.flatMap((dataKey) => [dataKey, ...dataKey.versions]);
  return [rootKeyId, ...[...rootKeyVersions, ...versions].map(({id}) => id)];
}
