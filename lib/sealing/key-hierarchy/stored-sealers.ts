import type {KeyHierarchyStore, RootWrapperRecord} from '../../storage/key-hierarchy-store.ts';
import {openRootSealer} from '../root-sealer.ts';
import type {RootSealer} from '../root-wrapper.ts';
import type {Wrapper} from '../wrapper.ts';
import {rootSealerContext} from './contexts.ts';

type SealerWrapper = Pick<Wrapper, 'keyId' | 'seal' | 'open'>;

/** Opens the sealer that a root wrapper's record keeps. @throws SealedBlobError */
export async function openStoredSealer(
  wrapper: SealerWrapper,
  record: RootWrapperRecord,
  blob: Uint8Array,
): Promise<RootSealer> {
  const bytes = await wrapper.open(blob, rootSealerContext(record));
  try {
    return openRootSealer(bytes);
  } finally {
    bytes.fill(0);
  }
}

/** Seals anew the sealers that are not sealed under the wrapper's version. @returns how many */
export async function resealStoredSealers(store: KeyHierarchyStore, wrapper: SealerWrapper): Promise<number> {
  let count = 0;
  for (const record of await store.listRootWrappers()) {
    const {id, state, sealer} = record;
    if (!sealer || sealer.dataKeyVersionId === wrapper.keyId) continue;
    const context = rootSealerContext(record);
    const bytes = await wrapper.open(sealer.blob, context);
    try {
      const blob = await wrapper.seal(bytes, context);
      const resealed = {blob, dataKeyVersionId: wrapper.keyId};
      if (await store.updateRootWrapper(id, {from: state, to: state, sealer: resealed})) count++;
    } finally {
      bytes.fill(0);
    }
  }
  return count;
}
