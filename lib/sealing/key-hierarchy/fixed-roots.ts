import type {IdentifiedRootWrapper, RootSet} from '../root-wrapper.ts';

/**
 * Roots that stay as they are, all open and active: for applications that have one set of root wrappers for good. The
 * caller stores their records and closes them. With none, the hierarchy is sealed until `addExternalWrapper` gives it one.
 */
export function fixedRoots(rootWrappers: readonly IdentifiedRootWrapper[]): RootSet {
  const records = rootWrappers.map(({id, wrapper}) => ({
    id,
    uri: wrapper.uri,
    wrapperKeyId: wrapper.keyId,
    ...(wrapper.parameters !== undefined && {parameters: wrapper.parameters}),
    createdAt: 0,
    state: 'active' as const,
  }));
  return {records: () => records, opened: () => rootWrappers};
}
