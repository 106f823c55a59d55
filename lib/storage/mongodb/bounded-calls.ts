import {UnavailableError} from '../../errors.ts';
import {Deadline} from './deadline.ts';
import {toStoreError} from './driver-error.ts';
import {endsWithin} from './ends-within.ts';
import type {SentAttempts} from './sent-attempts.ts';

/** Calls of the driver, each bounded in time, and bounded in number: who comes when too many wait is refused at once. */
export class BoundedCalls {
  readonly #mostAtOnce: number;
  readonly #timeoutMs: number;
  #running = 0;
  #closed = false;

  constructor({mostAtOnce, timeoutMs}: {readonly mostAtOnce: number; readonly timeoutMs: number}) {
    this.#mostAtOnce = mostAtOnce;
    this.#timeoutMs = timeoutMs;
  }

  /** @param write of what changes something @throws StoreError */
  async run<T>(call: (maxTimeMs: number) => Promise<T>, write?: SentAttempts): Promise<T> {
    if (this.#closed) throw new UnavailableError('The store is closed.');
    if (this.#running >= this.#mostAtOnce) throw new UnavailableError('Too many callers wait for the store.');
    const timeoutMs = Deadline.remainingMs(this.#timeoutMs);
    this.#running++;
    // It runs, and has its connection, until the driver is done with it, however long its caller waits.
    const running = call(timeoutMs).finally(() => this.#running--);
    try {
      return await endsWithin(timeoutMs, running);
    } catch (error) {
      write?.abandon();
      throw toStoreError(error, write);
    }
  }

  close(): void {
    this.#closed = true;
  }
}
