import type {KeyManagement} from './key-management.ts';
import {startRotationPolicy} from './maintenance/rotation-policy.ts';

const REFRESH_MS = 1000;
const RESUME_MS = 5000;

/**
 * What a server does beside answering: it learns what other processes changed in the roots and keys, and finishes what was
 * interrupted: changes of roots, jobs; it rotates what has become old. @returns a function that stops it.
 */
export function startBackgroundWork(management: KeyManagement): () => void {
  const {root, rootChanges, hierarchy, jobs, stores, settings, log} = management;
  const stopRefreshing = hierarchy.startRefreshing(REFRESH_MS);
  const resume = (): void => {
    if (root.isSealed()) return;
    rootChanges
      .resume()
      .catch((err: unknown) => log.error({err}, 'a change of the roots could not be resumed'));
    jobs.resume();
  };
  resume();
  root.onSealedChange(resume);
  const timer = setInterval(() => {
    if (!root.isSealed()) jobs.resume();
  }, RESUME_MS);
  timer.unref();
  const {rotateAfterSeconds} = settings;
  const stopPolicy =
    rotateAfterSeconds === undefined
      ? undefined
      : startRotationPolicy({
          rotateAfterMs: rotateAfterSeconds * 1000,
          store: stores.keyHierarchy,
          jobs,
          hierarchy,
          log,
        });
  return () => {
    stopPolicy?.();
    clearInterval(timer);
    stopRefreshing();
  };
}
