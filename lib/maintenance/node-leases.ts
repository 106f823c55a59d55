import type {LeaseStore} from '../storage/lease-store.ts';

export interface NodeLeasesOptions {
  readonly leases: LeaseStore;
  /** This process, and no other. */
  readonly holder: string;
  readonly log: {warn(fields: object, message: string): void};
  /** Milliseconds since the epoch. */
  readonly clock?: () => number;
  /** For how long work is another node's when this one stops in the middle of it. */
  readonly leaseMs?: number;
}

const LEASE_MS = 30_000;
/** Of the time between two rounds: the same node, or any other, begins the next one in time. */
const SHARE_OF_ROUND = 0.85;

/** What one node does for all: rounds that come again, and work that must not be done twice at a time. */
export class NodeLeases {
  readonly #options: Required<NodeLeasesOptions>;

  constructor(options: NodeLeasesOptions) {
    this.#options = {clock: Date.now, leaseMs: LEASE_MS, ...options};
  }

  /**
   * Whether this node is to do the round of `name` that is due about every `everyMs`: no other has begun one within most of that
   * time. Never rejects: where the store cannot say, the round is left out.
   */
  async mayRun(name: string, {everyMs}: {readonly everyMs: number}): Promise<boolean> {
    const {leases, holder, clock, log} = this.#options;
    const now = clock();
    try {
      return await leases.acquire(name, {holder, now, expiresAt: now + Math.ceil(everyMs * SHARE_OF_ROUND)});
    } catch (err) {
      log.warn({err, lease: name}, 'the store could not be asked whose turn it is');
      return false;
    }
  }

  /**
   * Does `work` where no other node does it, and keeps others from it meanwhile. Its signal is aborted where that cannot be had
   * any more. @returns whether it was done. @throws UnavailableError, and as `work`
   */
  async whileHeld(name: string, work: (signal: AbortSignal) => Promise<void>): Promise<boolean> {
    const {leases, holder, clock, log, leaseMs} = this.#options;
    let expiresAt = 0;
    const acquire = async (): Promise<boolean> => {
      const now = clock();
      const until = now + leaseMs;
      const isHeld = await leases.acquire(name, {holder, now, expiresAt: until});
      if (isHeld) expiresAt = until;
      return isHeld;
    };
    if (!(await acquire())) return false;
    const lost = new AbortController();
    const beat = async (): Promise<void> => {
      try {
        if (!(await acquire())) lost.abort(new Error('Another node does it now.'));
      } catch (err) {
        log.warn({err, lease: name}, 'a lease could not be renewed');
        if (clock() >= expiresAt) lost.abort(err);
      }
    };
    let beating: Promise<void> | undefined;
    const timer = setInterval(() => {
      beating ??= beat().finally(() => (beating = undefined));
    }, leaseMs / 3);
    try {
      await work(lost.signal);
      return true;
    } finally {
      clearInterval(timer);
      await beating;
      await leases
        .release(name, holder)
        .catch((err: unknown) => log.warn({err, lease: name}, 'a lease was not released'));
    }
  }
}
