import {rootSealerContext} from '../../lib/sealing/key-hierarchy/contexts.ts';
import {newScopeRecord} from '../../lib/sealing/key-hierarchy/new-keys.ts';
import {OpenedScope} from '../../lib/sealing/key-hierarchy/opened-scope.ts';
import type {IdentifiedRootWrapper, RootWrapper} from '../../lib/sealing/root-wrapper.ts';
import {ROOT_SEALER_PURPOSE, ROOTS_SCOPE} from '../../lib/sealing/scopes.ts';
import type {MemoryKeyHierarchyStore} from './memory-key-hierarchy-store.ts';

/**
 * Makes the hierarchy's own scope anew, under the roots in the store that are among `wrappers`, with their sealers; and with those
 * of `others`, which do not open it.
 */
export async function vouchForRoots(
  store: MemoryKeyHierarchyStore,
  wrappers: readonly RootWrapper[],
  others: readonly RootWrapper[] = [],
): Promise<void> {
  const listed = (among: readonly RootWrapper[]): readonly IdentifiedRootWrapper[] =>
    store.rootWrappers.flatMap(({id, wrapperKeyId}) => {
      const wrapper = among.find(({keyId}) => keyId === wrapperKeyId);
      return wrapper ? [{id, wrapper}] : [];
    });
  const roots = listed(wrappers);
  const scope = await newScopeRecord(
    {scope: ROOTS_SCOPE, purposes: [ROOT_SEALER_PURPOSE]},
    {roots: roots.map(({id, wrapper}) => ({id, sealer: wrapper})), createdAt: 1},
  );
  store.scopes.set(ROOTS_SCOPE, scope);
  const key = await new OpenedScope(scope, {opened: () => roots}).newest(ROOT_SEALER_PURPOSE);
  if (!key) throw new TypeError('The scope has no such key.');
  for (const [index, record] of store.rootWrappers.entries()) {
    const wrapper = listed([...wrappers, ...others]).find(({id}) => id === record.id)?.wrapper;
    if (!wrapper) continue;
    const blob = key.seal(
      wrapper.exportSealer?.() ?? Buffer.from(record.uri, 'utf8'),
      rootSealerContext(record),
    );
    store.rootWrappers[index] = {...record, sealer: {blob, dataKeyVersionId: key.id}};
  }
}
