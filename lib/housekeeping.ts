import type {Logger} from 'pino';
import type {Stores} from './storage/stores.ts';
import {CLOCK_SKEW_SECONDS} from './zcap/limits.ts';

const INTERVAL_MS = 60_000;
const BATCH = 1000;

/** Whether it is this node's turn. Never rejects. */
type MayRun = (name: string, options: {readonly everyMs: number}) => Promise<boolean>;

/**
 * Forgets what can no longer matter: revocations of capabilities that have expired (R43), replay memory of signatures that
 * have. In batches, so that requests get their turn in between. @returns a function that stops it.
 */
export function startHousekeeping(
  stores: Pick<Stores, 'revocations' | 'replays'>,
  {log, mayRun}: {readonly log: Logger; readonly mayRun: MayRun},
): () => void {
  const round = async (): Promise<void> => {
    if (await mayRun('housekeeping', {everyMs: INTERVAL_MS})) await tidy(stores, log);
  };
  const timer = setInterval(() => void round(), INTERVAL_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** One round. Never rejects: what fails now is done a minute later. */
export async function tidy(
  {revocations, replays}: Pick<Stores, 'revocations' | 'replays'>,
  log: Logger,
  now = Date.now(),
): Promise<void> {
  // Twice the skew: what another node's clock, or one rounded to seconds, still takes for valid must not be forgotten.
  const before = now - 2 * CLOCK_SKEW_SECONDS * 1000;
  try {
    for (const store of [revocations, replays]) {
      while ((await store.deleteExpired({before, limit: BATCH})) === BATCH) await new Promise(setImmediate);
    }
  } catch (err) {
    log.warn({err}, 'housekeeping failed');
  }
}
