import {setTimeout as sleep} from 'node:timers/promises';
import {DuplicateError, UnavailableError} from '../../errors.ts';
import {KeyNotFoundError, RootsChangedError} from '../sealing-errors.ts';

const MAX_RACES = 50;
const MAX_ROOT_CHANGES = 5;
const MAX_PAUSE_MS = 20;

/**
 * Reads, makes and stores, again as often as another node was faster: with every race lost, one was won, so that all
 * nodes finish.
 * @param work throws KeyNotFoundError only where the store does: what was read is no more.
 * @throws UnavailableError where the races do not end, or the roots are not the store's also when read again
 */
export async function retrying<T>(refreshRoots: () => Promise<void>, work: () => Promise<T>): Promise<T> {
  let rootChanges = 0;
  for (let races = 1; ; races++) {
    try {
      return await work();
    } catch (error) {
      const rootsChanged = error instanceof RootsChangedError;
      const raced = error instanceof DuplicateError || error instanceof KeyNotFoundError;
      if (!rootsChanged && !raced) throw error;
      if (rootsChanged) rootChanges++;
      if (races === MAX_RACES || rootChanges > MAX_ROOT_CHANGES)
        throw new UnavailableError('The keys are being changed by others.', {cause: error});
      if (!(error instanceof DuplicateError)) await refreshRoots();
    }
    await sleep(Math.random() * MAX_PAUSE_MS);
  }
}
