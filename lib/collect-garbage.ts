import {performance} from 'node:perf_hooks';
import {setFlagsFromString} from 'node:v8';
import {runInNewContext} from 'node:vm';

/** A server that does more than this of its time has its garbage collected anyway. */
const IDLE = 0.05;
/** Longer than operations take. */
const UNDER_WAY_MS = 5000;

let gc: (() => void) | undefined;

/**
 * Has V8 collect all that nothing refers to. Only then does OpenSSL overwrite and free the keys of key objects that were released, and
 * in a process that does nothing V8 never begins. Takes some milliseconds for each ten megabytes that live.
 */
export function collectGarbage(): void {
  (gc ??= expose())();
}

/** Now, and once what is under way with keys has ended. */
export function collectReleasedKeys(): void {
  setImmediate(collectGarbage);
  setTimeout(collectGarbage, UNDER_WAY_MS).unref();
}

/** Collects every `everyMs` in which the process did next to nothing. @returns a function that stops it */
export function collectWhenIdle(everyMs: number): () => void {
  let last = performance.eventLoopUtilization();
  const timer = setInterval(() => {
    const {utilization} = performance.eventLoopUtilization(last);
    if (utilization < IDLE) collectGarbage();
    last = performance.eventLoopUtilization();
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}

/** V8 gives it to contexts that are made while the flag is set. */
function expose(): () => void {
  setFlagsFromString('--expose-gc');
  try {
    return runInNewContext('gc') as () => void;
  } finally {
    setFlagsFromString('--no-expose-gc');
  }
}
