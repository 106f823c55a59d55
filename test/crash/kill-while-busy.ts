import {setTimeout as sleep} from 'node:timers/promises';
import {refusal} from '../official-clients/refusal.ts';
import type {Random} from '../support/random.ts';
import type {ServerProcess} from './server-process.ts';

/** Requests that are under way at any time, where the server's store can take several: of these, at least so many. */
export const AT_ONCE = {most: 6, least: 4} as const;
const LONGEST_LIFE_MS = 400;

export interface Interrupted<T> {
  /** What was answered with success. */
  readonly answered: readonly T[];
  /** Requests that were under way at the kill. */
  readonly inFlight: number;
}

/** How many workers there are: each sends its next request as soon as it has an answer. */
export interface AtOnce {
  readonly most: number;
  /** Under way at the kill. */
  readonly least: number;
}

/**
 * Keeps the server busy with `work`, and kills it at a random moment at which at least `least` requests are under way.
 * Fails where the server refuses one, or is gone before it is killed.
 */
export async function killWhileBusy<T>(
  server: ServerProcess,
  random: Random,
  work: () => Promise<T>,
  {most, least}: AtOnce = AT_ONCE,
): Promise<Interrupted<T>> {
  const answered: T[] = [];
  let inFlight = 0;
  let hasFailed = false;
  const killed = new AbortController();
  const isKilled = (): boolean => killed.signal.aborted;

  const runWorker = async (): Promise<void> => {
    while (!isKilled() && !hasFailed) {
      inFlight++;
      try {
        answered.push(await work());
      } catch (error) {
        if (!isKilled() || wasAnswered(error)) {
          hasFailed = true;
          throw await withAnswer(error);
        }
      } finally {
        inFlight--;
      }
    }
  };

  const kill = async (): Promise<number> => {
    while (!hasFailed && answered.length < AT_ONCE.most) await sleep(1);
    await sleep(random.below(LONGEST_LIFE_MS));
    while (!hasFailed && inFlight < least) await sleep(0);
    const interrupted = inFlight;
    killed.abort();
    await server.kill();
    return interrupted;
  };

  const workers = Promise.all(Array.from({length: most}, runWorker));
  const [interrupted] = await Promise.all([kill(), workers]);
  return {answered, inFlight: interrupted};
}

/** Whether the server refused, rather than being gone. */
function wasAnswered(error: unknown): boolean {
  return error instanceof Error && 'status' in error && error.status !== undefined;
}

/** With what the server said, which the official client keeps in its error's cause. */
async function withAnswer(error: unknown): Promise<unknown> {
  const answer = await refusal(Promise.reject(error as Error)).catch(() => undefined);
  return answer ? new Error(`${answer.message} ${JSON.stringify(answer)}`, {cause: error}) : error;
}
