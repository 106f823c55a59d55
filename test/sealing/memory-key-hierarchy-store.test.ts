import type {Stores} from '../../lib/storage/stores.ts';
import {describeKeyHierarchyStore} from '../storage/key-hierarchy-store.suite.ts';
import {MemoryKeyHierarchyStore} from './memory-key-hierarchy-store.ts';

// The other tests of sealing mean something only if their store keeps the contract.
describeKeyHierarchyStore({
  name: 'memory, for tests',
  open: async () => {
    const keystores = {insert: () => Promise.resolve()};
    const stores = {keyHierarchy: new MemoryKeyHierarchyStore(), keystores} as unknown as Stores;
    return {stores, other: stores, close: () => Promise.resolve()};
  },
});
