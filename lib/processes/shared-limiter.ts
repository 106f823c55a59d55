import {RateLimitError} from '../errors.ts';
import type {Limiter} from '../http/rate-limit.ts';
import {OTHERS} from './point-pool.ts';
import {machineTimeMs, type RateShares} from './rate-shares.ts';

export interface SharedLimiterOptions {
  readonly shares: RateShares;
  /** Takes points from the primary's pool. @returns how many it has got */
  readonly take: (request: {
    readonly subject: string;
    readonly window: number;
    readonly want: number;
  }) => Promise<number>;
  /** Whether the worker has a share of its own in the window in which it begins. */
  readonly hasShare: boolean;
  readonly maxSubjects?: number;
  /** Milliseconds of a clock that all workers share. */
  readonly now?: () => number;
}

interface Allowance {
  readonly subject: string;
  left: number;
  /** The pool has no more. */
  exhausted: boolean;
  asking: Promise<void> | undefined;
}

/**
 * Limits what all workers of a server let through together, in windows of time that are the same for all of them. Each has a
 * small share by itself, and takes more from the primary a block at a time.
 */
export class SharedLimiter implements Limiter {
  readonly #options: Required<SharedLimiterOptions>;
  readonly #allowances = new Map<string, Allowance>();
  /** The one that others may have used before this worker was there. */
  readonly #firstWindow: number;
  #window: number;

  constructor(options: SharedLimiterOptions) {
    this.#options = {maxSubjects: 50_000, now: machineTimeMs, ...options};
    this.#firstWindow = this.#window = this.#windowNow();
  }

  async limit(subject: string): Promise<void> {
    for (;;) {
      const allowance = this.#allowanceOf(subject);
      if (allowance.left > 0) {
        allowance.left -= 1;
        return;
      }
      if (allowance.exhausted) throw new RateLimitError(this.#retryAfterSeconds());
      await (allowance.asking ??= this.#ask(allowance).finally(() => (allowance.asking = undefined)));
    }
  }

  #allowanceOf(subject: string): Allowance {
    const window = this.#windowNow();
    if (window !== this.#window) {
      this.#window = window;
      this.#allowances.clear();
    }
    const {maxSubjects, shares, hasShare} = this.#options;
    const isFull = !this.#allowances.has(subject) && this.#allowances.size >= maxSubjects;
    const name = isFull ? OTHERS : subject;
    let allowance = this.#allowances.get(name);
    if (!allowance) {
      const mayUse = hasShare || window !== this.#firstWindow;
      allowance = {subject: name, left: mayUse ? shares.own : 0, exhausted: false, asking: undefined};
      this.#allowances.set(name, allowance);
    }
    return allowance;
  }

  /** @throws RateLimitError where the primary does not answer: the server is about to end */
  async #ask(allowance: Allowance): Promise<void> {
    const {take, shares} = this.#options;
    const window = this.#window;
    let given;
    try {
      given = await take({subject: allowance.subject, window, want: shares.block});
    } catch {
      throw new RateLimitError(1);
    }
    allowance.left += given;
    allowance.exhausted = given < shares.block;
  }

  #windowNow(): number {
    return Math.floor(this.#options.now() / this.#options.shares.windowMs);
  }

  #retryAfterSeconds(): number {
    const {now, shares} = this.#options;
    return Math.max(1, Math.ceil((shares.windowMs - (now() % shares.windowMs)) / 1000));
  }
}
