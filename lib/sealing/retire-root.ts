import type {KeyHierarchyStore, RootWrapperRecord} from '../storage/key-hierarchy-store.ts';
import type {RootOfTrust} from './root-of-trust.ts';
import {KeyInUseError, KeyNotFoundError} from './sealing-errors.ts';

export interface RetireOptions {
  readonly store: KeyHierarchyStore;
  readonly root: RootOfTrust;
  /** Reads the store's list again, after a change of it. */
  readonly refresh: () => Promise<void>;
  readonly onProgress?: (progress: {readonly done: number; readonly total: number}) => void;
  readonly signal?: AbortSignal;
}

const BATCH = 256;

/**
 * Marks a root as retiring, so that nothing more is sealed under it, deletes what is, and forgets it. Can be interrupted
 * anywhere, and done again.
 * @throws KeyNotFoundError; KeyInUseError where no other root is open that opens everything, and then nothing was changed
 */
export async function retireRoot(id: string, options: RetireOptions): Promise<void> {
  const {store, root, refresh, onProgress, signal} = options;
  const record = (await store.listRootWrappers()).find((listed) => listed.id === id);
  if (!record) throw new KeyNotFoundError(`There is no root of trust ${id}.`);
  signal?.throwIfAborted();
  if (record.state !== 'retiring') await markRetiring(record, {store, root});
  await refresh();
  const {sealed: total} = await store.countSealed(id);
  for (let done = 0; ;) {
    onProgress?.({done, total});
    signal?.throwIfAborted();
    const deleted = await store.deleteSealedRootKeys(id, {limit: BATCH});
    done = Math.min(total, done + deleted);
    if (deleted === 0) break;
  }
  await store.deleteRootWrapper(id);
  await refresh();
}

async function markRetiring(
  {id, state}: RootWrapperRecord,
  {store, root}: Pick<RetireOptions, 'store' | 'root'>,
): Promise<void> {
  if (state === 'active') await assertOtherOpens(id, {store, root});
  if (await store.updateRootWrapper(id, {from: state, to: 'retiring'})) return;
  throw new KeyInUseError(
    `The root of trust ${id} was changed by somebody else meanwhile. Look at the list, and try again.`,
  );
}

/** One that is listed and not open may be one that nobody can open any more. */
async function assertOtherOpens(
  id: string,
  {store, root}: Pick<RetireOptions, 'store' | 'root'>,
): Promise<void> {
  const active = new Set(root.records().flatMap((record) => (record.state === 'active' ? [record.id] : [])));
  const others = root.opened().filter((opened) => opened.id !== id && active.has(opened.id));
  if (others.length === 0) {
    throw new KeyInUseError(
      `The root of trust ${id} is needed: no other one is open now. Add one, or open it (one in shares: webkms admin unseal), and try again.`,
    );
  }
  const problems: string[] = [];
  for (const {id: otherId, wrapper} of others) {
    try {
      await wrapper.check();
      const {sealed, total} = await store.countSealed(otherId);
      if (sealed === total) return;
      problems.push(`${otherId} does not open everything.`);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      problems.push(`${otherId}: ${error.message}`);
    }
  }
  throw new KeyInUseError(
    `The root of trust ${id} is needed, as no other one can be relied on. ${problems.join(' ')}`,
  );
}
