import {setTimeout as sleep} from 'node:timers/promises';
import type {Random} from '../support/random.ts';
import type {ServerProcess} from './server-process.ts';

/** Requests that are under way at any time: each worker sends its next as soon as it has an answer. */
const WORKERS = 6;
const LEAST_IN_FLIGHT = 4;
const LONGEST_LIFE_MS = 400;

export interface Interrupted<T> {
  /** What was answered with success. */
  readonly answered: readonly T[];
  /** Requests that were under way at the kill. */
  readonly inFlight: number;
}

/**
 * Keeps the server busy with `work`, and kills it at a random moment at which at least four requests are under way.
 * Fails where the server refuses one, or is gone before it is killed.
 */
export async function killWhileBusy<T>(
  server: ServerProcess,
  random: Random,
  work: () => Promise<T>,
): Promise<Interrupted<T>> {
  const answered: T[] = [];
  let inFlight = 0;
  const killed = new AbortController();
  const isKilled = (): boolean => killed.signal.aborted;

  const runWorker = async (): Promise<void> => {
    while (!isKilled()) {
      inFlight++;
      try {
        answered.push(await work());
      } catch (error) {
        if (!isKilled() || wasAnswered(error)) throw error;
      } finally {
        inFlight--;
      }
    }
  };

  const kill = async (): Promise<number> => {
    while (answered.length < WORKERS) await sleep(1);
    await sleep(random.below(LONGEST_LIFE_MS));
    while (inFlight < LEAST_IN_FLIGHT) await sleep(0);
    const interrupted = inFlight;
    killed.abort();
    await server.kill();
    return interrupted;
  };

  const workers = Promise.all(Array.from({length: WORKERS}, runWorker));
  const [interrupted] = await Promise.all([kill(), workers]);
  return {answered, inFlight: interrupted};
}

/** Whether the server refused, rather than being gone. */
function wasAnswered(error: unknown): boolean {
  return error instanceof Error && 'status' in error && error.status !== undefined;
}
