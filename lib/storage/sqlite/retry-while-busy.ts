import {setTimeout as delay} from 'node:timers/promises';
import {isBusy} from './driver-error.ts';

const LONGEST_PAUSE_MS = 32;

/**
 * Runs `work`, at once and in this turn of the event loop where nobody holds its lock; else again, until it is not busy
 * or `timeoutMs` have passed. SQLite's own time-out sleeps in the thread, which would stop every other request too.
 * `work` leaves nothing behind where it throws.
 */
export function retryWhileBusy<T>(work: () => T, timeoutMs: number): T | Promise<T> {
  try {
    return work();
  } catch (error) {
    if (!isBusy(error)) throw error;
    return retry(work, error, timeoutMs);
  }
}

async function retry<T>(work: () => T, first: unknown, timeoutMs: number): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  let error = first;
  for (let attempt = 0; performance.now() < deadline; attempt++) {
    // Jitter, so that processes which started together do not meet again.
    await delay(Math.min(2 ** attempt, LONGEST_PAUSE_MS) * (0.5 + Math.random() / 2));
    try {
      return work();
    } catch (again) {
      if (!isBusy(again)) throw again;
      error = again;
    }
  }
  throw error;
}
