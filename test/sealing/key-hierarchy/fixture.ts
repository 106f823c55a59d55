import {fixedRoots} from '../../../lib/sealing/key-hierarchy/fixed-roots.ts';
import {KeyHierarchy} from '../../../lib/sealing/key-hierarchy/key-hierarchy.ts';
import type {KeyHierarchyOptions} from '../../../lib/sealing/key-hierarchy/options.ts';
import type {RootWrapper} from '../../../lib/sealing/root-wrapper.ts';
import type {KeyHierarchyStore, RootWrapperState} from '../../../lib/storage/key-hierarchy-store.ts';
import {FaultyRootWrapper} from '../faulty-root-wrapper.ts';
import {MemoryKeyHierarchyStore} from '../memory-key-hierarchy-store.ts';

export const SCOPE = 'https://localhost/kms/keystores/z1A';
export const PURPOSE = 'key-material';
export const PLACE = Buffer.from('record 1');
export const SECRET = Buffer.from('a secret');

export async function storeRoot(
  store: KeyHierarchyStore,
  id: string,
  wrapper: RootWrapper,
  state: RootWrapperState = 'active',
): Promise<void> {
  const record = {id, uri: `test:${id}`, wrapperKeyId: wrapper.keyId, createdAt: 1, state};
  if (!(await store.insertFirstRootWrapper(record))) await store.insertRootWrapper(record);
}

export class HierarchyFixture {
  store = new MemoryKeyHierarchyStore();
  root = new FaultyRootWrapper();
  hierarchy = this.newHierarchy();

  /** Another process on the same store, with the same root of trust. */
  newHierarchy(options?: Partial<KeyHierarchyOptions>): KeyHierarchy {
    const roots = fixedRoots([{id: 'rw_1', wrapper: this.root}]);
    return new KeyHierarchy({store: this.store, roots, purposes: [PURPOSE], ...options});
  }

  static async make(): Promise<HierarchyFixture> {
    const fixture = new HierarchyFixture();
    await storeRoot(fixture.store, 'rw_1', fixture.root);
    return fixture;
  }
}

/** A fresh fixture for each test of the surrounding `describe`. */
export function useHierarchy(): HierarchyFixture {
  const fixture = new HierarchyFixture();
  beforeEach(async () => {
    Object.assign(fixture, await HierarchyFixture.make());
  });
  return fixture;
}
