import type {KeyHierarchyStore} from '../../storage/key-hierarchy-store.ts';
import type {RootSet} from '../root-wrapper.ts';
import type {HierarchyLog} from './refreshing.ts';

export interface KeyHierarchyOptions {
  readonly store: KeyHierarchyStore;
  /** The caller closes them, after the hierarchy. */
  readonly roots: RootSet;
  /** Every purpose that the application seals for; a new scope gets a data key for each. The server's where absent. */
  readonly purposes?: readonly string[];
  /** How many scopes' keys are kept open. */
  readonly cacheSize?: number;
  /** Milliseconds since the epoch. */
  readonly clock?: () => number;
  readonly log?: HierarchyLog;
}

export interface WrapperOptions {
  /** Makes the keys where they are missing. */
  readonly create?: boolean;
  /** A data key version: the wrapper is of that one only, and seals only where it is the newest. */
  readonly keyVersionId?: string;
}
