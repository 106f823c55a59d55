import {DidError} from './did-error.ts';

export interface FetchLimiterOptions {
  readonly maxConcurrent: number;
  readonly maxWaiting: number;
}

interface Waiter {
  readonly start: () => void;
}

/** Lets at most `maxConcurrent` pieces of work run at a time; others wait in order, as long as their signal lets them. */
export class FetchLimiter {
  readonly #maxConcurrent: number;
  readonly #maxWaiting: number;
  readonly #waiting = new Set<Waiter>();
  #running = 0;

  constructor({maxConcurrent, maxWaiting}: FetchLimiterOptions) {
    this.#maxConcurrent = maxConcurrent;
    this.#maxWaiting = maxWaiting;
  }

  /** @throws DidError `busy` where there is no room to wait, or no time left */
  async run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    if (this.#running < this.#maxConcurrent) this.#running++;
    else await this.#turn(signal);
    try {
      return await work();
    } finally {
      this.#handOn();
    }
  }

  #turn(signal: AbortSignal): Promise<void> {
    if (this.#waiting.size >= this.#maxWaiting) throw new DidError('busy');
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#waiting.delete(waiter);
        reject(new DidError('busy'));
      };
      const waiter: Waiter = {
        start: () => {
          signal.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      signal.addEventListener('abort', onAbort, {once: true});
      this.#waiting.add(waiter);
    });
  }

  /** The place of the work that ended goes to whoever waited longest: `#running` then stays as it is. */
  #handOn(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#running--;
      return;
    }
    this.#waiting.delete(next);
    next.start();
  }
}
