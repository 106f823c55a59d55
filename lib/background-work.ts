import {collectWhenIdle} from './collect-garbage.ts';
import type {KeyManagement} from './key-management.ts';
import {startKeyAgeReport} from './maintenance/key-age-report.ts';
import {startRotationPolicy} from './maintenance/rotation-policy.ts';

const REFRESH_MS = 1000;
const RESUME_MS = 5000;
const COLLECT_MS = 10 * 60_000;

export interface BackgroundWorkOptions {
  /** How often it is looked for keys that are due. */
  readonly keysEveryMs?: number | undefined;
}

/**
 * What a server does beside answering: it learns what other processes changed in the roots and keys, looks for roots that are
 * away, and finishes what was interrupted: changes of roots, jobs; it rotates what has become old, and keys as their policies say; it erases deleted keys.
 * @returns a function that stops it, and waits for what is under way.
 */
export function startBackgroundWork(
  management: KeyManagement,
  {keysEveryMs}: BackgroundWorkOptions = {},
): () => Promise<void> {
  const {root, rootWatch, rootChanges, hierarchy, jobs, keyLifecycle, nodeLeases, stores, settings, log} =
    management;
  const mayRun = nodeLeases.mayRun.bind(nodeLeases);
  const stopWatching = rootWatch.start();
  const stopRefreshing = hierarchy.startRefreshing(REFRESH_MS);
  const stopping = new AbortController();
  const {signal} = stopping;
  // One after the other: the last one ends last.
  let resumed: Promise<void> | undefined;
  const resume = (): void => {
    if (root.isSealed() || signal.aborted) return;
    resumed = rootChanges.resume({signal}).catch((err: unknown) => {
      if (!signal.aborted) log.error({err}, 'a change of the roots could not be resumed');
    });
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
          mayRun,
        });
  const stopKeys = keyLifecycle.start(keysEveryMs === undefined ? {} : {everyMs: keysEveryMs});
  const stopCollecting = collectWhenIdle(COLLECT_MS);
  const stopReport = startKeyAgeReport({stores, defaults: settings.keyDefaults, log, mayRun});
  return async () => {
    stopping.abort();
    stopPolicy?.();
    clearInterval(timer);
    stopRefreshing();
    stopWatching();
    stopCollecting();
    await Promise.all([stopKeys(), stopReport(), resumed]);
  };
}
