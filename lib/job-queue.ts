import {UnavailableError} from './errors.ts';

export interface JobQueueLimits {
  /** How many items wait at most, of all scopes. */
  readonly queueLength: number;
  /** How many items of one scope wait at most. */
  readonly share: number;
}

/** Nothing of what was asked for was begun. */
export class BusyError extends UnavailableError {}

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

  /**
   * @returns an item that does not wait any more: where the queue is full, the newest one of the scope that has the most makes
   *   room for a scope that has less.
   * @throws BusyError where the scope's share of the queue is full, or the queue, and no scope has more.
   */
  add(scope: string, item: T): T | undefined {
    const items = this.#waiting.get(scope) ?? [];
    if (items.length >= this.#limits.share)
      throw new BusyError('The key module is busy with this keystore. Try again later.');
    const displaced = this.#length >= this.#limits.queueLength ? this.#makeRoomFor(items) : undefined;
    items.push(item);
    this.#waiting.set(scope, items);
    this.#length += 1;
    return displaced;
  }

  /** Where it waits still. */
  remove(scope: string, item: T): void {
    const items = this.#waiting.get(scope) ?? [];
    const index = items.indexOf(item);
    if (index < 0) return;
    items.splice(index, 1);
    this.#length -= 1;
    if (items.length === 0) this.#waiting.delete(scope);
  }

  #makeRoomFor(own: readonly T[]): T | undefined {
    const most = [...this.#waiting.values()].reduce(
      (largest, items) => (items.length > largest.length ? items : largest),
      [],
    );
    // Never a scope's last one: it has its turn.
    if (most.length <= own.length + 1) throw busy();
    this.#length -= 1;
    return most.pop();
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

export function busy(): BusyError {
  return new BusyError('The key module is busy. Try again later.');
}
