import {LRUCache} from 'lru-cache';
import {DuplicateError, UnavailableError} from '../../errors.ts';
import type {KeyHierarchyStore} from '../../storage/key-hierarchy-store.ts';
import {Redacted} from '../redacted.ts';
import type {IdentifiedRootWrapper} from '../root-wrapper.ts';
import type {ScopeWrappers} from '../sealer.ts';
import {DataKeyNotFoundError, InvalidParameterError} from '../sealing-errors.ts';
import {SealedBlobError} from '../wrapper.ts';
import {newScopeRecord} from './new-scope.ts';
import {OpenedScope, type OpenedDataKey} from './opened-scope.ts';
import {assertScope, declarePurposes} from './parameters.ts';
import {PooledWrapper} from './pooled-wrapper.ts';
import {rootUnavailable} from './root-access.ts';
import {RootProbe} from './root-probe.ts';
import {SingleFlight} from './single-flight.ts';

export interface KeyHierarchyOptions {
  readonly store: KeyHierarchyStore;
  /** At least one. `close` closes them. */
  readonly rootWrappers: readonly IdentifiedRootWrapper[];
  /** Every purpose that the application seals for; a new scope gets a data key for each. */
  readonly purposes?: readonly string[];
  /** How many scopes' keys are kept open. */
  readonly cacheSize?: number;
  /** Milliseconds since the epoch. */
  readonly clock?: () => number;
}

/** Root wrappers → a root key per scope → a data key per purpose → sealed bytes, each level versioned. */
export class KeyHierarchy extends Redacted implements ScopeWrappers {
  readonly #store: KeyHierarchyStore;
  readonly #rootWrappers: readonly IdentifiedRootWrapper[];
  readonly #purposes: ReadonlySet<string>;
  readonly #clock: () => number;
  readonly #probes: readonly RootProbe[];
  readonly #opened: LRUCache<string, OpenedScope>;
  readonly #finding = new SingleFlight<OpenedScope | undefined>();
  readonly #creating = new SingleFlight<OpenedScope>();
  readonly #checking = new SingleFlight<void>();
  #closed = false;

  constructor({
    store,
    rootWrappers,
    purposes = ['key-material'],
    cacheSize = 4096,
    clock = Date.now,
  }: KeyHierarchyOptions) {
    super();
    if (rootWrappers.length === 0) throw new InvalidParameterError('At least one root wrapper is needed.');
    this.#store = store;
    this.#rootWrappers = rootWrappers;
    this.#purposes = declarePurposes(purposes);
    this.#clock = clock;
    this.#probes = rootWrappers.map((root) => new RootProbe(root, clock));
    this.#opened = new LRUCache({max: cacheSize});
  }

  /**
   * See `ScopeWrappers`. Without `create`, a scope that lacks the purpose's key throws `SealedBlobError` too; with it,
   * `DataKeyNotFoundError`.
   * @throws InvalidParameterError where the scope cannot be one or the purpose was not declared
   */
  async wrapperFor(
    scope: string,
    purpose: string,
    {create = false}: {readonly create?: boolean} = {},
  ): Promise<PooledWrapper> {
    this.#assertOpen();
    assertScope(scope);
    if (!this.#purposes.has(purpose))
      throw new InvalidParameterError(`The purpose "${purpose}" was not declared.`);
    const opened = this.#opened.get(scope) ?? (await this.#openScope(scope, create));
    const newest = await this.#newest(scope, opened, purpose);
    if (newest)
      return new PooledWrapper(newest, {
        assertOpen: () => this.#assertOpen(),
        find: (id) => this.#findVersion(scope, purpose, id),
      });
    throw opened && create
      ? new DataKeyNotFoundError(
          `The scope has no key for the purpose "${purpose}": it was declared after the scope was made.`,
        )
      : new SealedBlobError();
  }

  /** Whether keys can be made and opened now. @throws UnavailableError, its `cause` says why */
  async check(): Promise<void> {
    this.#assertOpen();
    await this.#checking.run('', async () => {
      try {
        await Promise.all(this.#probes.map((probe) => probe.run()));
      } catch (cause) {
        throw rootUnavailable(cause);
      }
    });
  }

  /** Forgets all keys and closes the root wrappers. What was given out throws `UnavailableError` from then on. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#opened.clear();
    await Promise.all(this.#rootWrappers.map(({wrapper}) => wrapper.close()));
  }

  /** What does not open is not kept: rows that were damaged, and are restored, open again. */
  async #newest(
    scope: string,
    opened: OpenedScope | undefined,
    purpose: string,
  ): Promise<OpenedDataKey | undefined> {
    try {
      return await opened?.newest(purpose);
    } catch (error) {
      if (this.#opened.get(scope) === opened) this.#opened.delete(scope);
      throw error;
    }
  }

  async #openScope(scope: string, create: boolean): Promise<OpenedScope | undefined> {
    const found = await this.#finding.run(scope, () => this.#readScope(scope));
    if (found) return found;
    // The read that was joined may have begun before another node stored the keys: only an own one tells absence.
    return create ? this.#creating.run(scope, () => this.#createScope(scope)) : this.#readScope(scope);
  }

  async #readScope(scope: string): Promise<OpenedScope | undefined> {
    const record = await this.#store.findScope(scope);
    return record && this.#keep(scope, new OpenedScope(scope, record, this.#rootWrappers));
  }

  async #createScope(scope: string): Promise<OpenedScope> {
    const purposes = this.#purposes;
    const record = await newScopeRecord({
      scope,
      purposes,
      rootWrappers: this.#rootWrappers,
      createdAt: this.#clock(),
    });
    const created = new OpenedScope(scope, record, this.#rootWrappers);
    // Keys that do not open must be found out before anything is sealed under them, not at the next start.
    for (const purpose of purposes) await created.newest(purpose);
    try {
      await this.#store.insertScope(record);
    } catch (error) {
      if (!(error instanceof DuplicateError)) throw error;
      return this.#readOthers(scope);
    }
    return this.#keep(scope, created);
  }

  /** Of two nodes that make a scope's keys, both use those that were stored. */
  async #readOthers(scope: string): Promise<OpenedScope> {
    const opened = await this.#readScope(scope);
    if (!opened) throw new UnavailableError('The keys were deleted while they were opened.');
    return opened;
  }

  /** What is not open here may have been rotated in by another node since: the store is read once more. */
  async #findVersion(
    scope: string,
    purpose: string,
    dataKeyVersionId: string,
  ): Promise<OpenedDataKey | undefined> {
    const known = await this.#opened.get(scope)?.version(purpose, dataKeyVersionId);
    return known ?? (await this.#readScope(scope))?.version(purpose, dataKeyVersionId);
  }

  #keep(scope: string, opened: OpenedScope): OpenedScope {
    this.#assertOpen();
    this.#opened.set(scope, opened);
    return opened;
  }

  #assertOpen(): void {
    if (this.#closed) throw new UnavailableError('The keys are closed.');
  }
}
