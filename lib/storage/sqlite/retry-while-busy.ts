import {setTimeout as delay} from 'node:timers/promises';
import {isBusy} from './driver-error.ts';

const LONGEST_PAUSE_MS = 32;

/**
 * Runs `work`, at once and in this turn of the event loop where nobody holds its lock; else again, until it is not busy
 * or `timeoutMs` have passed. SQLite's own time-out sleeps in the thread, which would stop every other request too.
 * `work` leaves nothing behind where it throws.
 */
export async function retryWhileBusy<T>(work: () => T, timeoutMs: number): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (let attempt = 0; ; attempt++) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error) || performance.now() >= deadline) throw error;
    }
    // Jitter, so that processes which started together do not meet again.
    await delay(Math.min(2 ** attempt, LONGEST_PAUSE_MS) * (0.5 + Math.random() / 2));
  }
}
