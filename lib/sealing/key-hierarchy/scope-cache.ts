import {LRUCache} from 'lru-cache';
import {UnavailableError} from '../../errors.ts';
import type {KeyHierarchyStore} from '../../storage/key-hierarchy-store.ts';
import {Redacted} from '../redacted.ts';
import {OpenedScope} from './opened-scope.ts';
import type {OpenedRoots} from './root-access.ts';
import {findScopeRecord} from './scope-record.ts';
import {SingleFlight} from './single-flight.ts';

export interface ScopeCacheOptions {
  readonly store: KeyHierarchyStore;
  readonly roots: OpenedRoots;
  /** How many scopes are kept. */
  readonly max: number;
}

interface Entry {
  readonly opened: OpenedScope;
  /** Which view of the store it was read in; undefined where it may be older than the store. */
  readonly view: symbol | undefined;
}

/**
 * The scopes that are open. What may be stale is read again at its next use, and keeps the keys that it has open: a
 * change anywhere costs one read per scope in use, and no use of the roots.
 */
export class ScopeCache extends Redacted {
  readonly #options: ScopeCacheOptions;
  readonly #entries: LRUCache<string, Entry>;
  readonly #reading = new SingleFlight<OpenedScope | undefined>();
  /** Another one for each change by others: what was read in an earlier one may be stale. */
  #view = Symbol('view');
  /** How many changes this process made: what was read meanwhile may be stale. */
  #changes = 0;
  /** Another one each time that all keys are forgotten. */
  #epoch = Symbol('epoch');

  constructor(options: ScopeCacheOptions) {
    super();
    this.#options = options;
    this.#entries = new LRUCache({max: options.max});
  }

  get epoch(): symbol {
    return this.#epoch;
  }

  /** @returns the scope as it is kept, where it is as new as this process can know; no read. */
  kept(scope: string): OpenedScope | undefined {
    const entry = this.#entries.get(scope);
    return entry?.view === this.#view ? entry.opened : undefined;
  }

  /** Whether the scope is kept, with the newest of the purpose's keys open. */
  isOpen(scope: string, purpose: string): boolean {
    return this.kept(scope)?.isOpen(purpose) ?? false;
  }

  /** Reads the scope; calls at the same time share one read. @returns undefined where it had no keys when the read began */
  load(scope: string): Promise<OpenedScope | undefined> {
    return this.#reading.run(scope, () => this.read(scope));
  }

  /** Reads the scope, now. */
  async read(scope: string): Promise<OpenedScope | undefined> {
    const {store, roots} = this.#options;
    const [view, changes, epoch] = [this.#view, this.#changes, this.#epoch];
    const record = await findScopeRecord(store, scope);
    if (epoch !== this.#epoch) throw new UnavailableError('The keys were forgotten meanwhile.');
    if (!record) {
      this.#entries.delete(scope);
      return undefined;
    }
    const opened = new OpenedScope(record, roots, this.previous(scope));
    this.#entries.set(scope, {opened, view: changes === this.#changes ? view : undefined});
    return opened;
  }

  /** Keeps nothing of a scope whose keys do not open: rows that were damaged, and are restored, open again. */
  drop(scope: string, opened: OpenedScope): void {
    if (this.previous(scope) === opened) this.#entries.delete(scope);
  }

  /** @returns the scope as it was last read, for what it has open. */
  previous(scope: string): OpenedScope | undefined {
    return this.#entries.peek(scope)?.opened;
  }

  /**
   * This process has changed the scope: it is read again at its next use.
   * @param made has keys open that are new, from the given epoch
   */
  changed(scope: string, made?: {readonly opened: OpenedScope; readonly epoch: symbol}): void {
    this.#changes++;
    this.#reading.detach(scope);
    const opened = made?.epoch === this.#epoch ? made.opened : this.previous(scope);
    if (opened) this.#entries.set(scope, {opened, view: undefined});
  }

  /** This process has deleted the scope. */
  deleted(scope: string): void {
    this.#changes++;
    this.#reading.detach(scope);
    this.#entries.delete(scope);
  }

  /** This process has deleted a key version, of whatever scope. */
  versionDeleted(keyVersionId: string): void {
    this.#changes++;
    this.#reading.detachAll();
    for (const [scope, {opened}] of this.#entries.entries()) {
      if (opened.hasVersion(keyVersionId)) this.#entries.set(scope, {opened, view: undefined});
    }
  }

  /** Others have changed the store: every scope is read again at its next use. */
  changedElsewhere(): void {
    this.#view = Symbol('view');
    this.#reading.detachAll();
  }

  /** Drops all keys. */
  forget(): void {
    this.#epoch = Symbol('epoch');
    this.#reading.detachAll();
    for (const {opened} of this.#entries.values()) opened.close();
    this.#entries.clear();
  }
}
