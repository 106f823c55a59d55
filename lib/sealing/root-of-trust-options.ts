import type {KeyHierarchyStore} from '../storage/key-hierarchy-store.ts';
import type {HandedRoot} from './handed-roots.ts';
import type {RootWrapperScheme} from './root-wrapper.ts';
import type {SecretSource} from './secrets.ts';
import type {RootOfTrustLog} from './stored-root.ts';
import type {UsedRoots} from './used-roots.ts';

export interface RootOfTrustOptions {
  readonly store: KeyHierarchyStore;
  /** `WEBKMS_ROOT_WRAPPER`: seeds an empty store; afterwards the store's set rules. */
  readonly seedUri: string;
  /** As `RootTrustOptions`, not normalised. */
  readonly named?: readonly string[] | undefined;
  readonly log: RootOfTrustLog;
  /** Where secrets come from that are in no file; each is asked for at most once, when this is opened. */
  readonly secretSource?: SecretSource;
  readonly schemes?: ReadonlyMap<string, RootWrapperScheme>;
  /** Milliseconds since the epoch. */
  readonly clock?: () => number;
  /** What another process of the server was given. */
  readonly from?: OtherProcess;
}

/** What a process of a server that has several is told of the others when it begins. */
export interface OtherProcess {
  /** An operator has sealed the server: nothing is opened. */
  readonly sealed: boolean;
  /** Open before any other is tried; overwriting the secrets is the caller's. */
  readonly roots: readonly HandedRoot[];
  /** What any of them has used, of processes whose store may lie; this one adds to it. */
  readonly used?: UsedRoots;
}

/**
 * What the other processes of a server are to do: close all roots, open again, or take over those that were opened, where
 * the server is not sealed.
 */
export type RootsChange = 'seal' | 'unseal' | 'take';
