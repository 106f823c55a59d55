import {HIERARCHY_WRITES} from './hierarchy-writes.ts';
import {MEMORY_WRITES} from './memory-writes.ts';
import {RECORD_WRITES} from './record-writes.ts';
import type {StoreRead} from './store-reads.ts';
import type {StoreMethod, WriteCase} from './write-case.ts';

/** Every method that writes: one that is added to an interface does not compile until it is here, or among the reads. */
export const STORE_WRITES: Readonly<Record<Exclude<StoreMethod, StoreRead>, WriteCase>> = {
  ...RECORD_WRITES,
  ...MEMORY_WRITES,
  ...HIERARCHY_WRITES,
};
