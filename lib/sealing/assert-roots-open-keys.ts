import {UnavailableError} from '../errors.ts';
import type {KeyHierarchyStore} from '../storage/key-hierarchy-store.ts';
import {RootOfTrustError} from './root-of-trust-error.ts';
import {ROOTS_SCOPE} from './scopes.ts';
import type {ScopeWrappers} from './sealer.ts';
import {SealedBlobError} from './wrapper.ts';

/** A few damaged rows do not keep a server from starting. */
const SAMPLE = 16;

/**
 * That the roots in use are those that the store was sealed with, and not somebody's who has put theirs in their place: of
 * the oldest scopes at least one opens, if there are any.
 * @throws RootOfTrustError, `foreign-key`
 */
export async function assertRootsOpenKeys({
  store,
  hierarchy,
  purpose,
}: {
  readonly store: Pick<KeyHierarchyStore, 'listScopes'>;
  readonly hierarchy: ScopeWrappers;
  /** One that every scope has. */
  readonly purpose: string;
}): Promise<void> {
  const {results} = await store.listScopes({limit: SAMPLE});
  const scopes = results.filter((scope) => scope !== ROOTS_SCOPE);
  let cause: unknown;
  for (const scope of scopes) {
    try {
      await hierarchy.wrapperFor(scope, purpose);
      return;
    } catch (error) {
      if (!(error instanceof SealedBlobError || error instanceof UnavailableError)) throw error;
      cause = error;
    }
  }
  if (cause === undefined) return;
  throw new RootOfTrustError(
    'foreign-key',
    'The root of trust in use opens none of the keys in the store. Somebody has put it in the place of the right one, or the ' +
      'database is damaged: restore a backup. See what is wrong with: webkms admin check',
    {cause},
  );
}
