import type {KeyHierarchyStore, RootWrapperRecord} from '../storage/key-hierarchy-store.ts';
import {rootSealerContext} from './key-hierarchy/contexts.ts';
import {OpenedScope} from './key-hierarchy/opened-scope.ts';
import {findScopeRecord} from './key-hierarchy/scope-record.ts';
import {RootOfTrustError} from './root-of-trust-error.ts';
import type {IdentifiedRootWrapper} from './root-wrapper.ts';
import {ROOT_SEALER_PURPOSE, ROOTS_SCOPE} from './scopes.ts';

type VouchingStore = Pick<KeyHierarchyStore, 'listRootWrappers' | 'findScope'>;

/**
 * Whether the server has put a root into the store, as `by` can tell with its own key alone: the root's sealer opens,
 * bound to the record's id and fingerprint, under the hierarchy's own scope, whose root key `by` opens. Who can write to
 * the store, and has the key of no root in it, can make no such sealer. @throws UnavailableError where the store cannot be reached
 */
export async function vouches(
  by: IdentifiedRootWrapper,
  record: RootWrapperRecord,
  store: VouchingStore,
): Promise<boolean> {
  return hasSealed(by, record, {store, isIt: () => true});
}

/**
 * As `vouches`, and for the record's URI too: of a root that has no sealer, which is what is sealed in the sealer's place.
 * @throws UnavailableError where the store cannot be reached
 */
export async function vouchesForUri(
  by: IdentifiedRootWrapper,
  record: RootWrapperRecord,
  store: VouchingStore,
): Promise<boolean> {
  return hasSealed(by, record, {store, isIt: (bytes) => Buffer.from(record.uri, 'utf8').equals(bytes)});
}

interface Question {
  readonly store: VouchingStore;
  /** Whether what was sealed is what it should be. */
  readonly isIt: (bytes: Uint8Array) => boolean;
}

async function hasSealed(
  by: IdentifiedRootWrapper,
  record: RootWrapperRecord,
  question: Question,
): Promise<boolean> {
  if (await sealerOpens(by, record, question)) return true;
  // It may have been sealed anew since it was read.
  const now = (await question.store.listRootWrappers()).find(({id}) => id === record.id);
  return now?.wrapperKeyId === record.wrapperKeyId && (await sealerOpens(by, now, question));
}

async function sealerOpens(
  by: IdentifiedRootWrapper,
  record: RootWrapperRecord,
  {store, isIt}: Question,
): Promise<boolean> {
  const {sealer} = record;
  if (!sealer || !(await store.findScope(ROOTS_SCOPE))) return false;
  let scope: OpenedScope | undefined;
  try {
    const stored = await findScopeRecord(store, ROOTS_SCOPE);
    scope = stored && new OpenedScope(stored, {opened: () => [by]});
    const version = await scope?.version(ROOT_SEALER_PURPOSE, sealer.dataKeyVersionId);
    const bytes = version?.open(sealer.blob, rootSealerContext(record));
    const isRight = bytes !== undefined && isIt(bytes);
    bytes?.fill(0);
    return isRight;
  } catch {
    return false;
  } finally {
    scope?.close();
  }
}

export function notVouched({id, uri}: RootWrapperRecord): RootOfTrustError {
  return new RootOfTrustError(
    'not-vouched',
    `Nothing shows that the server has put the root of trust ${uri} (${id}) into the store: it is not used. ` +
      'Somebody may have written to the database. Name a root that you know in WEBKMS_ROOT_WRAPPER; if no operator has added ' +
      'this one, retire it: webkms admin root retire',
  );
}
