import type {KeyHierarchyStore} from '../storage/key-hierarchy-store.ts';
import type {RootWrapperScheme} from './root-wrapper.ts';
import type {SecretSource} from './secrets.ts';
import type {RootOfTrustLog} from './stored-root.ts';

export interface RootOfTrustOptions {
  readonly store: KeyHierarchyStore;
  /** `WEBKMS_ROOT_WRAPPER`: seeds an empty store; afterwards the store's set rules. */
  readonly seedUri: string;
  readonly log: RootOfTrustLog;
  /** Where secrets come from that are in no file; each is asked for at most once, when this is opened. */
  readonly secretSource?: SecretSource;
  readonly schemes?: ReadonlyMap<string, RootWrapperScheme>;
  /** Milliseconds since the epoch. */
  readonly clock?: () => number;
}
