import {UnavailableError} from '../../errors.ts';
import type {
  KeyHierarchyStore,
  ScopeKeysAddition,
  ScopeKeysRecord,
} from '../../storage/key-hierarchy-store.ts';
import type {RootSet} from '../root-wrapper.ts';
import {KeyNotFoundError, SealedError} from '../sealing-errors.ts';
import type {CollectionView} from './collection-view.ts';
import {resealDataKeys} from './data-key-resealing.ts';
import {newDataKeys, newScopeRecord, newVersions} from './new-keys.ts';
import {OpenedScope} from './opened-scope.ts';
import {retrying} from './retrying.ts';
import {openRootKey} from './root-access.ts';
import type {RootKeySealing} from './root-key-sealing.ts';
import type {RootSealers} from './root-sealers.ts';
import type {ScopeCache} from './scope-cache.ts';
import {findScopeRecord, newestVersion} from './scope-record.ts';
import {Serial} from './serial.ts';

/** Each after the first, because another process changed the scope meanwhile. */
const MAX_REWRAP_ROUNDS = 50;

export interface ScopeChangesOptions {
  readonly store: KeyHierarchyStore;
  readonly roots: RootSet;
  readonly sealers: RootSealers;
  readonly sealing: RootKeySealing;
  readonly cache: ScopeCache;
  readonly view: CollectionView;
  readonly clock: () => number;
}

/**
 * Makes, rotates and rewraps a scope's keys: reads, makes, shows that what was made opens, and stores it in one write;
 * again where another was faster. One after the other per scope.
 */
export class ScopeChanges {
  readonly #options: ScopeChangesOptions;
  readonly #serial = new Serial();

  constructor(options: ScopeChangesOptions) {
    this.#options = options;
  }

  /** Makes what of a scope's keys is missing. @returns the scope's keys, and whether anything was */
  create(
    scope: string,
    purposes: ReadonlySet<string>,
  ): Promise<{readonly record: ScopeKeysRecord; readonly made: boolean}> {
    return this.#change(scope, async (record) => {
      if (!record) return {record: await this.#insert(scope, purposes), made: true};
      const missing = [...purposes].filter((wanted) =>
        record.dataKeys.every(({purpose}) => purpose !== wanted),
      );
      if (missing.length === 0) return {record, made: false};
      return {record: await this.#addPurposes(record, missing), made: true};
    });
  }

  /** Adds a root key version, and under it a version of every data key. @returns the scope's keys. @throws KeyNotFoundError */
  async rotate(scope: string): Promise<ScopeKeysRecord> {
    const {sealers, clock} = this.#options;
    const rotated = await this.#change(scope, async (record) => {
      if (!record) return undefined;
      const added = await newVersions(record, {roots: await sealers.all(), createdAt: clock()});
      const dataKeys = record.dataKeys.map((dataKey) => ({
        ...dataKey,
        versions: [
          ...dataKey.versions,
          ...added.dataKeyVersions.filter(({dataKeyId}) => dataKeyId === dataKey.id),
        ],
      }));
      const rootKeyVersions = [...record.rootKeyVersions, added.rootKeyVersion];
      return this.#add({...record, rootKeyVersions, dataKeys}, added);
    });
    if (!rotated) throw noKeys();
    return rotated;
  }

  /** See `KeyAdministration.rewrapKeys`. @throws KeyNotFoundError */
  async rewrap(scope: string): Promise<number> {
    let count = 0;
    for (let round = 1; round <= MAX_REWRAP_ROUNDS; round++) {
      const done = await this.#change(scope, async (record) => record && this.#rewrapRecord(record));
      if (!done) throw noKeys();
      count += done.resealed;
      if (done.resealed === done.of) return count;
    }
    throw new UnavailableError('The keys are being changed by others.');
  }

  async #rewrapRecord(record: ScopeKeysRecord): Promise<{readonly resealed: number; readonly of: number}> {
    const {store, roots, sealing, view, cache} = this.#options;
    await sealing.sealScope(record);
    const dataKeyVersions = await resealDataKeys(record, roots.opened());
    if (dataKeyVersions.length === 0) return {resealed: 0, of: 0};
    const resealed = await view.change(
      () => store.resealDataKeyVersions(record.scope, dataKeyVersions),
      (replaced) => replaced > 0,
    );
    cache.changed(record.scope);
    return {resealed, of: dataKeyVersions.length};
  }

  async #insert(scope: string, purposes: ReadonlySet<string>): Promise<ScopeKeysRecord> {
    const {store, sealers, view, cache, clock} = this.#options;
    const {epoch} = cache;
    const record = await newScopeRecord({scope, purposes}, {roots: await sealers.all(), createdAt: clock()});
    const opened = await this.#verify(record);
    await view.change(() => store.insertScope(record));
    cache.changed(scope, {opened, epoch});
    return record;
  }

  async #addPurposes(record: ScopeKeysRecord, purposes: readonly string[]): Promise<ScopeKeysRecord> {
    const {roots, clock} = this.#options;
    const key = await openRootKey(record, newestVersion(record.rootKeyVersions), roots.opened());
    const dataKeys = newDataKeys(record, purposes, {key, createdAt: clock()});
    key.close();
    return this.#add({...record, dataKeys: [...record.dataKeys, ...dataKeys]}, {dataKeys});
  }

  /** @param record as it is with the addition. @returns it */
  async #add(record: ScopeKeysRecord, addition: ScopeKeysAddition): Promise<ScopeKeysRecord> {
    const {store, view, cache} = this.#options;
    const {epoch} = cache;
    const opened = await this.#verify(record);
    await view.change(() => store.addKeys(record.scope, addition));
    if (cache.previous(record.scope)) cache.changed(record.scope, {opened, epoch});
    else cache.changed(record.scope);
    return record;
  }

  /** Keys that do not open must be found out before anything is sealed under them, not at the next start: by each root at hand. */
  async #verify(record: ScopeKeysRecord): Promise<OpenedScope> {
    const {sealed} = newestVersion(record.rootKeyVersions);
    const previous = this.#options.cache.previous(record.scope);
    const [first, ...others] = this.#options.roots
      .opened()
      .filter(({id}) => sealed.some(({rootWrapperId}) => rootWrapperId === id))
      .map((root) => new OpenedScope(record, {opened: () => [root]}, previous));
    if (!first) throw new SealedError();
    for (const opened of [first, ...others]) await opened.openNewest();
    return first;
  }

  #change<T>(scope: string, work: (record: ScopeKeysRecord | undefined) => Promise<T>): Promise<T> {
    const {store, roots} = this.#options;
    const refreshRoots = async (): Promise<void> => roots.refresh?.();
    return this.#serial.run(scope, () =>
      retrying(refreshRoots, async () => work(await findScopeRecord(store, scope))),
    );
  }
}

function noKeys(): KeyNotFoundError {
  return new KeyNotFoundError('The scope has no keys.');
}
