import {LRUCache} from 'lru-cache';
import {KeyPolicyError, RateLimitError} from '../errors.ts';

/** Keys that are remembered; what was asked of the one that was used longest ago is forgotten first. */
const MAX_KEYS = 50_000;

interface Window {
  readonly startedAt: number;
  used: number;
}

/** How often each key was used in its present window of time, in this process. A window begins with its first use. */
export class UseRates {
  readonly #windows = new LRUCache<string, Window>({max: MAX_KEYS});
  readonly #now: () => number;

  /** @param now milliseconds since the epoch */
  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * @throws RateLimitError where so many uses more are too many now; nothing is counted then. @throws KeyPolicyError
   *   where they always are.
   */
  use(
    key: string,
    count: number,
    {uses, perSeconds}: {readonly uses: number; readonly perSeconds: number},
  ): void {
    if (count > uses) {
      throw new KeyPolicyError('rate', `The policy of the key allows ${uses} uses at a time.`);
    }
    const now = this.#now();
    let window = this.#windows.get(key);
    const ageMs = window ? now - window.startedAt : Infinity;
    // Also where the clock was set back.
    if (!window || ageMs < 0 || ageMs >= perSeconds * 1000) {
      window = {startedAt: now, used: 0};
      this.#windows.set(key, window);
    }
    if (window.used + count > uses) {
      const restMs = window.startedAt + perSeconds * 1000 - now;
      throw new RateLimitError(Math.max(1, Math.ceil(restMs / 1000)));
    }
    window.used += count;
  }
}
