import type {Logger} from 'pino';
import type {Stores} from './storage/stores.ts';
import {CLOCK_SKEW_SECONDS} from './zcap/limits.ts';

const INTERVAL_MS = 60_000;
const BATCH = 1000;

type Tidied = Pick<Stores, 'revocations' | 'replays' | 'tidy'>;

/** Whether it is this node's turn. Never rejects. */
type MayRun = (name: string, options: {readonly everyMs: number}) => Promise<boolean>;

/**
 * Forgets what can no longer matter: revocations of capabilities that have expired (R43), replay memory of signatures that
 * have; and lets the store tidy up after nodes that died. In batches, so that requests get their turn in between. @returns a function that stops it.
 */
export function startHousekeeping(
  stores: Tidied,
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
async function tidy(stores: Tidied, log: Logger, now = Date.now()): Promise<void> {
  const {revocations, replays} = stores;
  // Twice the skew: what another node's clock, or one rounded to seconds, still takes for valid must not be forgotten.
  const before = now - 2 * CLOCK_SKEW_SECONDS * 1000;
  try {
    for (const store of [revocations, replays]) {
      while ((await store.deleteExpired({before, limit: BATCH})) === BATCH) await new Promise(setImmediate);
    }
    await stores.tidy?.();
  } catch (err) {
    log.warn({err}, 'housekeeping failed');
  }
}
