import {machineTimeMs, type RateShares} from './rate-shares.ts';

const MAX_SUBJECTS = 50_000;
/** Who comes when there are more subjects shares one allowance with everybody like that. */
export const OTHERS = 'others';

/** Of each subject. */
type Taken = Map<string, number>;

/**
 * What is left of a rate, of each subject, in the present window of time. The primary has it; workers take from it. What the
 * time is, no worker says: one that is ahead of the others would leave them nothing.
 */
export class PointPool {
  readonly #shares: RateShares;
  readonly #now: () => number;
  #window = -Infinity;
  #taken: Taken = new Map();
  /** Of the next window: clocks of processes differ by less than a millisecond. */
  #takenNext: Taken = new Map();

  /** @param now milliseconds of the clock that workers go by, too */
  constructor(shares: RateShares, now: () => number = machineTimeMs) {
    this.#shares = shares;
    this.#now = now;
  }

  /** @returns how many are given: a block at most, fewer where there are no more, none for windows that are not near now */
  take({
    subject,
    window,
    want,
  }: {
    readonly subject: string;
    readonly window: number;
    readonly want: number;
  }): number {
    this.#turn();
    const ahead = window - this.#window;
    if (ahead !== 0 && ahead !== 1) return 0;
    const all = ahead === 0 ? this.#taken : this.#takenNext;
    const name = all.has(subject) || all.size < MAX_SUBJECTS ? subject : OTHERS;
    const taken = all.get(name) ?? 0;
    const {pool, block} = this.#shares;
    const given = Math.max(0, Math.min(want, block, pool - taken));
    all.set(name, taken + given);
    return given;
  }

  #turn(): void {
    const window = Math.floor(this.#now() / this.#shares.windowMs);
    if (window === this.#window) return;
    this.#taken = window === this.#window + 1 ? this.#takenNext : new Map<string, number>();
    this.#takenNext = new Map();
    this.#window = window;
  }
}
