/** Most uses that are reserved ahead. */
const MAX_BLOCK = 4096;
/** A block that was used up in that time is followed by one of twice its size; else by one of half. */
const BUSY_MS = 1000;
/** No more than this part of what is left to the next bound is reserved ahead: near a bound, one use at a time. */
const SHARE_OF_REST = 1 / 16;

export interface UseCounterOptions {
  /** Adds to the stored count, durably. @returns what it is then. */
  readonly add: (count: number) => Promise<number>;
  /** Uses above it are not given. */
  readonly limit: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * Gives out the uses of one version of a key in this process. A block of uses is counted in the store before the first of
 * them is given: so what was used is never more than what is stored, whoever else counts, and whenever a process dies. The
 * count after a block was added tells which uses it holds, by their numbers, and no two blocks hold the same: so no use
 * above the limit is given on any number of nodes.
 */
export class UseCounter {
  readonly #add: UseCounterOptions['add'];
  readonly #limit: number;
  readonly #now: () => number;
  /** As the store said last; undefined until then. */
  #stored: number | undefined;
  /** Of the reserved uses, those that were not given yet. */
  #left = 0;
  /** Uses that are asked for and not given yet. */
  #wanted = 0;
  #block = 1;
  #reservedAt = -Infinity;
  #reserving: Promise<void> | undefined;

  constructor({add, limit, now}: UseCounterOptions) {
    this.#add = add;
    this.#limit = limit;
    this.#now = now;
  }

  /** Uses that are counted in the store, as far as this process knows: at least what it gave. */
  get stored(): number {
    return this.#stored ?? 0;
  }

  /**
   * @param aim the count that somebody waits for: near it, as near the limit, little is reserved ahead
   * @returns whether they are given: all, or none @throws what `add` does
   */
  async take(count: number, aim: number): Promise<boolean> {
    this.#wanted += count;
    try {
      while (this.#left < count) {
        if (this.stored >= this.#limit) return false;
        this.#reserving ??= this.#reserve(aim).finally(() => (this.#reserving = undefined));
        await this.#reserving;
      }
      this.#left -= count;
      return true;
    } finally {
      this.#wanted -= count;
    }
  }

  async #reserve(aim: number): Promise<void> {
    const now = this.#now();
    const busy = now - this.#reservedAt < BUSY_MS;
    this.#block = busy ? Math.min(this.#block * 2, MAX_BLOCK) : Math.max(this.#block / 2, 1);
    this.#reservedAt = now;
    const count = Math.max(this.#wanted - this.#left, Math.min(this.#block, this.#ahead(aim)));
    const stored = await this.#add(count);
    this.#stored = stored;
    // The block is the uses with the numbers from stored - count + 1 to stored.
    this.#left += Math.max(0, Math.min(stored, this.#limit) - (stored - count));
  }

  #ahead(aim: number): number {
    if (this.#stored === undefined) return 1;
    const bound = this.#stored < aim ? Math.min(aim, this.#limit) : this.#limit;
    return bound === Infinity ? Infinity : Math.floor((bound - this.#stored) * SHARE_OF_REST);
  }
}
