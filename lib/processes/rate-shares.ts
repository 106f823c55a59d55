/** A rate, as it is shared out among the workers of a server. */
export interface RateShares {
  readonly windowMs: number;
  /** What each worker may allow by itself in a window. */
  readonly own: number;
  /** What the primary gives to those who ask. */
  readonly pool: number;
  /** How much is asked for at a time. */
  readonly block: number;
}

/** A small part of a rate is each worker's: so who asks seldom never makes the processes talk to each other. */
const PARTS = 16;

/** All shares together are `points`: that is never exceeded. */
export function rateShares(
  {points, seconds}: {readonly points: number; readonly seconds: number},
  workers: number,
): RateShares {
  const own = Math.floor(points / (PARTS * workers));
  return {windowMs: seconds * 1000, own, pool: points - own * workers, block: Math.max(1, own)};
}

/** `performance.now()` begins with the process; this is the clock that all processes of a machine share. */
const ORIGIN_MS = Number(process.hrtime.bigint() / 1000n) / 1000 - performance.now();

/** Milliseconds, never set back, the same in all processes of a machine. */
export function machineTimeMs(): number {
  return ORIGIN_MS + performance.now();
}
