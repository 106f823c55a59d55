import {isIPv4} from 'node:net';
import ipaddr from 'ipaddr.js';
import {RateLimitError} from '../errors.ts';

export interface Limiter {
  /** @throws RateLimitError */
  limit(subject: string): Promise<void>;
}

export interface LimiterOptions {
  /** At most so many `points` in a window of `seconds`; undefined: no limit. */
  readonly rate: {readonly points: number; readonly seconds: number} | undefined;
  /** Subjects remembered at a time; who comes when there are more shares one allowance with everybody like that. */
  readonly maxSubjects?: number;
  /** Milliseconds, never set back. */
  readonly now?: () => number;
}

const UNLIMITED: Limiter = {limit: () => Promise.resolve()};

/** Whose allowance those share that come when there are too many: no address, and no DID. */
const OTHERS = 'others';

/** Limits by client address with what limits subjects; all of an IPv6 /64 are one client. */
export function byAddressBlock(limiter: Limiter): Limiter {
  return {limit: (address) => limiter.limit(addressBlock(address))};
}

/**
 * Limits each subject: a block of addresses, or the DID whose signature has verified, so that nobody can use up somebody else's
 * allowance by naming them.
 */
export function createLimiter({
  rate,
  maxSubjects = 50_000,
  now = () => performance.now(),
}: LimiterOptions): Limiter {
  return rate === undefined ? UNLIMITED : new WindowLimiter(rate, maxSubjects, now);
}

/** Counts in windows of time that are the same for all subjects. */
class WindowLimiter implements Limiter {
  readonly #points: number;
  readonly #windowMs: number;
  readonly #maxSubjects: number;
  readonly #now: () => number;
  readonly #counts = new Map<string, number>();
  #windowEnd = -Infinity;

  constructor({points, seconds}: {points: number; seconds: number}, maxSubjects: number, now: () => number) {
    this.#points = points;
    this.#windowMs = seconds * 1000;
    this.#maxSubjects = maxSubjects;
    this.#now = now;
  }

  async limit(subject: string): Promise<void> {
    const now = this.#now();
    if (now >= this.#windowEnd) {
      this.#windowEnd = now + this.#windowMs;
      this.#counts.clear();
    }
    const isFull = this.#counts.size >= this.#maxSubjects && !this.#counts.has(subject);
    const name = isFull ? OTHERS : subject;
    const count = this.#counts.get(name) ?? 0;
    if (count >= this.#points)
      throw new RateLimitError(Math.max(1, Math.ceil((this.#windowEnd - now) / 1000)));
    this.#counts.set(name, count + 1);
  }
}

/** What all addresses of one client have in common. */
export function addressBlock(address: string): string {
  if (isIPv4(address) || !ipaddr.IPv6.isValid(address)) return address;
  return ipaddr.IPv6.parse(address).parts.slice(0, 4).join(':');
}
