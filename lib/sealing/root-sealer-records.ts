import type {
  KeyHierarchyStore,
  RootWrapperRecord,
  SealedUnderDataKey,
} from '../storage/key-hierarchy-store.ts';
import {rootSealerContext} from './key-hierarchy/contexts.ts';
import {RootOfTrustError} from './root-of-trust-error.ts';
import type {RootSet, RootWrapper} from './root-wrapper.ts';
import {SealedBlobError, type Wrapper} from './wrapper.ts';

/** Seals sealers: the hierarchy's wrapper for them. */
type SealerWrapper = Pick<Wrapper, 'keyId' | 'seal' | 'open'>;

/**
 * @returns what the store keeps, which also shows that the server has put the root into the store (see vouching.ts). Of a
 *   root that has no sealer, and so must always be at hand, it is its URI, sealed.
 */
export async function sealSealer(
  record: RootWrapperRecord,
  wrapper: RootWrapper,
  sealers: Pick<SealerWrapper, 'keyId' | 'seal'>,
): Promise<SealedUnderDataKey> {
  const bytes = wrapper.exportSealer?.() ?? Buffer.from(record.uri, 'utf8');
  try {
    const blob = await sealers.seal(bytes, rootSealerContext(record));
    return {blob, dataKeyVersionId: sealers.keyId};
  } finally {
    bytes.fill(0);
  }
}

/**
 * Stores the sealers that roots in use lack, or that do not open: while there is one root it needs none.
 * @throws RootOfTrustError, `missing` where one of those is not open
 */
export async function storeSealers(
  sealers: SealerWrapper,
  {store, root}: {readonly store: KeyHierarchyStore; readonly root: RootSet},
): Promise<void> {
  const opened = new Map(root.opened().map(({id, wrapper}) => [id, wrapper]));
  for (const record of root.records()) {
    const {id, uri, state} = record;
    if (state === 'retiring' || (await hasSealer(record, sealers))) continue;
    const wrapper = opened.get(id);
    if (!wrapper) {
      throw new RootOfTrustError(
        'missing',
        `The root of trust ${uri} (${id}) is not open, and the store cannot seal for it while it is not. Open it first, or retire it.`,
      );
    }
    const sealer = await sealSealer(record, wrapper, sealers);
    await store.updateRootWrapper(id, {from: state, to: state, sealer});
  }
}

async function hasSealer(record: RootWrapperRecord, sealers: SealerWrapper): Promise<boolean> {
  if (!record.sealer) return false;
  try {
    (await sealers.open(record.sealer.blob, rootSealerContext(record))).fill(0);
    return true;
  } catch (error) {
    if (error instanceof SealedBlobError) return false;
    throw error;
  }
}
