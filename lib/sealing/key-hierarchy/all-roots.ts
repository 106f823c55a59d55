import type {IdentifiedRootWrapper, RootSet, RootWrapper} from '../root-wrapper.ts';
import type {KeyHierarchyStore, RootWrapperRecord} from '../../storage/key-hierarchy-store.ts';

/** A set of roots, with those that the application has added. */
export class AllRoots implements RootSet {
  readonly #roots: RootSet;
  readonly #store: Pick<KeyHierarchyStore, 'listRootWrappers'>;
  readonly #added = new Map<string, RootWrapper>();
  #stored: readonly RootWrapperRecord[] = [];

  constructor(roots: RootSet, store: Pick<KeyHierarchyStore, 'listRootWrappers'>) {
    this.#roots = roots;
    this.#store = store;
  }

  records(): readonly RootWrapperRecord[] {
    return this.#added.size === 0 ? this.#roots.records() : this.#stored;
  }

  opened(): readonly IdentifiedRootWrapper[] {
    const opened = this.#roots.opened();
    if (this.#added.size === 0) return opened;
    const added = this.#stored.flatMap(({id, state}) => {
      const wrapper = this.#added.get(id);
      return wrapper && state !== 'retiring' ? [{id, wrapper}] : [];
    });
    return [...opened.filter(({id}) => !this.#added.has(id)), ...added];
  }

  async refresh(): Promise<void> {
    await this.#roots.refresh?.();
    if (this.#added.size > 0) this.#stored = await this.#store.listRootWrappers();
  }

  /** From now on the root of that id is open by this wrapper. @throws UnavailableError */
  async add(id: string, wrapper: RootWrapper): Promise<void> {
    const stored = await this.#store.listRootWrappers();
    this.#added.set(id, wrapper);
    this.#stored = stored;
  }

  /** Closes what was added. */
  async close(): Promise<void> {
    await Promise.all([...this.#added.values()].map((wrapper) => wrapper.close()));
  }
}
