import {UnavailableError} from '../../../errors.ts';

export interface JobQueueLimits {
  /** How many items wait at most, of all scopes. */
  readonly queueLength: number;
  /** How many items of one scope wait at most. */
  readonly share: number;
}

/**
 * What waits, first come first served within a scope; scopes take turns, so that however much one of them asks for,
 * another waits for one item of it at most.
 */
export class JobQueue<T> {
  /** Never an empty list; the scope whose turn is next comes first. */
  readonly #waiting = new Map<string, T[]>();
  readonly #limits: JobQueueLimits;
  #length = 0;

  constructor(limits: JobQueueLimits) {
    this.#limits = limits;
  }

  /** @throws UnavailableError where the queue, or the scope's share of it, is full. */
  add(scope: string, item: T): void {
    const items = this.#waiting.get(scope) ?? [];
    if (this.#length >= this.#limits.queueLength)
      throw new UnavailableError('The key module is busy. Try again later.');
    if (items.length >= this.#limits.share)
      throw new UnavailableError('The key module is busy with this keystore. Try again later.');
    items.push(item);
    this.#waiting.set(scope, items);
    this.#length += 1;
  }

  take(): T | undefined {
    const [next] = this.#waiting;
    if (!next) return undefined;
    const [scope, items] = next;
    const item = items.shift();
    this.#waiting.delete(scope);
    if (items.length > 0) this.#waiting.set(scope, items);
    this.#length -= 1;
    return item;
  }
}
