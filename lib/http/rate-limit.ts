import {isIPv4} from 'node:net';
import ipaddr from 'ipaddr.js';
import RateLimiterMemory from 'rate-limiter-flexible/lib/RateLimiterMemory.js';
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
}

const UNLIMITED: Limiter = {limit: () => Promise.resolve()};

/** Limits by client address with what limits subjects; all of an IPv6 /64 are one client. */
export function byAddressBlock(limiter: Limiter): Limiter {
  return {limit: (address) => limiter.limit(addressBlock(address))};
}

/**
 * Limits each subject: a block of addresses, or the DID whose signature has verified, so that nobody can use up somebody else's
 * allowance by naming them.
 */
export function createLimiter({rate, maxSubjects = 50_000}: LimiterOptions): Limiter {
  return rate === undefined ? UNLIMITED : new MemoryLimiter(rate, maxSubjects);
}

class MemoryLimiter implements Limiter {
  readonly #limiter: RateLimiterMemory;
  readonly #windowMs: number;
  readonly #maxSubjects: number;
  #windowEnd = 0;
  #newSubjects = 0;

  constructor({points, seconds}: {points: number; seconds: number}, maxSubjects: number) {
    this.#limiter = new RateLimiterMemory({points, duration: seconds});
    this.#windowMs = seconds * 1000;
    this.#maxSubjects = maxSubjects;
  }

  async limit(subject: string): Promise<void> {
    this.#openWindow();
    try {
      const full = this.#newSubjects >= this.#maxSubjects && (await this.#limiter.get(subject)) === null;
      const result = await this.#limiter.consume(full ? 'others' : subject);
      if (result.isFirstInDuration) this.#newSubjects += 1;
    } catch (refusal) {
      throw new RateLimitError(retryAfterSeconds(refusal));
    }
  }

  /** A subject is forgotten a window after its first request, so that no more than two windows' are remembered. */
  #openWindow(): void {
    const now = performance.now();
    if (now < this.#windowEnd) return;
    this.#windowEnd = now + this.#windowMs;
    this.#newSubjects = 0;
  }
}

/** The limiter rejects with how long its window still lasts; anything else it throws is refused like that: fail closed. */
function retryAfterSeconds(refusal: unknown): number {
  const ms =
    refusal !== null && typeof refusal === 'object' && 'msBeforeNext' in refusal ? refusal.msBeforeNext : 0;
  return typeof ms === 'number' ? Math.max(1, Math.ceil(ms / 1000)) : 1;
}

function addressBlock(address: string): string {
  if (isIPv4(address) || !ipaddr.IPv6.isValid(address)) return address;
  return ipaddr.IPv6.parse(address).parts.slice(0, 4).join(':');
}
