import type {IdentifiedRootWrapper, RootSet, RootWrapper} from '../../../lib/sealing/root-wrapper.ts';
import type {KeyHierarchyStore, RootWrapperRecord} from '../../../lib/storage/key-hierarchy-store.ts';

/** A process's roots: the store's, of which some are open. */
export class TestRoots implements RootSet {
  readonly open = new Map<string, RootWrapper>();
  refreshes = 0;
  #records: readonly RootWrapperRecord[] = [];
  readonly #store: KeyHierarchyStore;

  constructor(store: KeyHierarchyStore, open: Iterable<readonly [string, RootWrapper]> = []) {
    this.#store = store;
    for (const [id, wrapper] of open) this.open.set(id, wrapper);
  }

  records(): readonly RootWrapperRecord[] {
    return this.#records;
  }

  opened(): readonly IdentifiedRootWrapper[] {
    return this.#records
      .filter(({state}) => state !== 'retiring')
      .flatMap(({id}) => {
        const wrapper = this.open.get(id);
        return wrapper ? [{id, wrapper}] : [];
      });
  }

  async refresh(): Promise<void> {
    this.refreshes++;
    this.#records = await this.#store.listRootWrappers();
  }

  static async of(
    store: KeyHierarchyStore,
    open: Iterable<readonly [string, RootWrapper]>,
  ): Promise<TestRoots> {
    const roots = new TestRoots(store, open);
    await roots.refresh();
    return roots;
  }
}
