import {setTimeout as sleep} from 'node:timers/promises';

export interface PaceOptions {
  /** Rows per second at most; undefined: no limit. */
  readonly rate?: number | undefined;
  /** Which share of the time is worked, from 0 to 1; the rest is for requests. */
  readonly share?: number | undefined;
}

/**
 * Slows work down: after each piece comes a pause that is longer the longer the piece took, as it does where requests
 * compete with it.
 */
export class Pace {
  readonly #msPerRow: number;
  readonly #pausePerWork: number;
  #due = 0;

  constructor({rate, share = 0.1}: PaceOptions = {}) {
    this.#msPerRow = rate === undefined ? 0 : 1000 / rate;
    this.#pausePerWork = 1 / share - 1;
  }

  /** @param rows how many it was @throws the signal's reason, where that is aborted */
  async run<T>(work: () => Promise<T>, rows: (result: T) => number, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    const start = performance.now();
    const result = await work();
    const end = performance.now();
    this.#due = Math.max(start, this.#due) + rows(result) * this.#msPerRow;
    const pause = Math.max(this.#due - end, (end - start) * this.#pausePerWork);
    await pauseFor(pause, signal);
    return result;
  }
}

export async function pauseFor(ms: number, signal: AbortSignal): Promise<void> {
  // What is aborted was, by its own reason.
  if (ms >= 1) await sleep(ms, undefined, {signal}).catch(() => undefined);
  else await new Promise(setImmediate);
  signal.throwIfAborted();
}
