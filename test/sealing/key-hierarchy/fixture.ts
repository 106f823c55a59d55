import {KeyHierarchy, type KeyHierarchyOptions} from '../../../lib/sealing/key-hierarchy/key-hierarchy.ts';
import {FaultyRootWrapper} from '../faulty-root-wrapper.ts';
import {MemoryKeyHierarchyStore} from '../memory-key-hierarchy-store.ts';

export const SCOPE = 'https://localhost/kms/keystores/z1A';
export const PURPOSE = 'key-material';
export const PLACE = Buffer.from('record 1');
export const SECRET = Buffer.from('a secret');

export class HierarchyFixture {
  store = new MemoryKeyHierarchyStore();
  root = new FaultyRootWrapper();
  hierarchy = this.newHierarchy();

  /** Another process on the same store, with the same root of trust. */
  newHierarchy(options?: Partial<KeyHierarchyOptions>): KeyHierarchy {
    const rootWrappers = [{id: 'rw_1', wrapper: this.root}];
    return new KeyHierarchy({store: this.store, rootWrappers, ...options});
  }
}

/** A fresh fixture for each test of the surrounding `describe`. */
export function useHierarchy(): HierarchyFixture {
  const fixture = new HierarchyFixture();
  beforeEach(() => {
    Object.assign(fixture, new HierarchyFixture());
  });
  return fixture;
}
