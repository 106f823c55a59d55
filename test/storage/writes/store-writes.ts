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

export type StoreWrite = keyof typeof STORE_WRITES;

/** Those on which authorisations depend: what takes long is done to these only in the short form. */
export const DECISIVE_WRITES: ReadonlySet<string> = new Set([
  'keystores.update',
  'keys.insert',
  'keys.update',
  'keyUses.add',
  'revocations.insert',
  'keyHierarchy.addKeys',
] satisfies StoreWrite[]);
