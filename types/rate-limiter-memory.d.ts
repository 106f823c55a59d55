// One class of rate-limiter-flexible by its own path: the package's entry loads the clients of every database.
declare module 'rate-limiter-flexible/lib/RateLimiterMemory.js' {
  interface RateLimiterResult {
    readonly msBeforeNext: number;
    readonly isFirstInDuration: boolean;
  }

  export default class RateLimiterMemory {
    /** `duration` in seconds. */
    constructor(options: {readonly points: number; readonly duration: number});
    /** Rejects with a `RateLimiterResult` where there are no points left. */
    consume(key: string): Promise<RateLimiterResult>;
    get(key: string): Promise<RateLimiterResult | null>;
  }
}
