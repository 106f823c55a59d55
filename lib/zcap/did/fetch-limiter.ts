import {DidError} from './did-error.ts';

export interface FetchLimiterOptions {
  readonly maxConcurrent: number;
  readonly maxWaiting: number;
  /** Of both together, on behalf of one requester. */
  readonly maxPerRequester: number;
}

interface Waiter {
  readonly start: () => void;
}

/** Lets at most `maxConcurrent` pieces of work run at a time; others wait in order, as long as their signal lets them. */
export class FetchLimiter {
  readonly #maxConcurrent: number;
  readonly #maxWaiting: number;
  readonly #waiting = new Set<Waiter>();
  readonly #maxPerRequester: number;
  readonly #ofRequester = new Map<string, number>();
  #running = 0;

  constructor({maxConcurrent, maxWaiting, maxPerRequester}: FetchLimiterOptions) {
    this.#maxConcurrent = maxConcurrent;
    this.#maxWaiting = maxWaiting;
    this.#maxPerRequester = maxPerRequester;
  }

  /** @throws DidError `busy` where there is no room to wait, or no time left */
  async run<T>(signal: AbortSignal, work: () => Promise<T>, requester?: string): Promise<T> {
    const release = this.#count(requester);
    try {
      if (this.#running < this.#maxConcurrent) this.#running++;
      else await this.#turn(signal);
      try {
        return await work();
      } finally {
        this.#handOn();
      }
    } finally {
      release();
    }
  }

  /** Work that is for nobody in particular is for everybody. */
  #count(requester: string | undefined): () => void {
    if (requester === undefined) return () => undefined;
    const count = this.#ofRequester.get(requester) ?? 0;
    if (count >= this.#maxPerRequester) throw new DidError('busy');
    this.#ofRequester.set(requester, count + 1);
    return () => {
      const left = (this.#ofRequester.get(requester) ?? 1) - 1;
      if (left > 0) this.#ofRequester.set(requester, left);
      else this.#ofRequester.delete(requester);
    };
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
