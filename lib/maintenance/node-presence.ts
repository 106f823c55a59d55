import type {LeaseStore} from '../storage/lease-store.ts';

/** What the leases begin with that say who uses a store. */
export const NODE_LEASE = 'node:';

/** A node that was killed counts as one that uses the store for so long. */
const PRESENCE_MS = 60_000;
const BEAT_MS = 10_000;

export interface NodePresenceOptions {
  readonly leases: LeaseStore;
  /** This process, and no other. */
  readonly holder: string;
  /** Done after each renewal. */
  readonly onBeat: () => Promise<void>;
  readonly log: {warn(fields: object, message: string): void};
  /** Milliseconds since the epoch. */
  readonly clock?: () => number;
  readonly beatMs?: number;
}

/** Says in the store that this process uses it, so that nobody moves it away meanwhile. */
export class NodePresence {
  readonly #options: Required<NodePresenceOptions>;
  readonly #timer: NodeJS.Timeout;
  #beating: Promise<void> | undefined;

  private constructor(options: Required<NodePresenceOptions>) {
    this.#options = options;
    this.#timer = setInterval(() => {
      this.#beating ??= this.#beat().finally(() => (this.#beating = undefined));
    }, options.beatMs);
    this.#timer.unref();
  }

  /** Resolves once it is said. @throws UnavailableError */
  static async begin(options: NodePresenceOptions): Promise<NodePresence> {
    const all = {clock: Date.now, beatMs: BEAT_MS, ...options};
    await renew(all);
    return new NodePresence(all);
  }

  /** Never rejects: what cannot be taken back expires. */
  async end(): Promise<void> {
    clearInterval(this.#timer);
    await this.#beating;
    const {leases, holder, log} = this.#options;
    await leases
      .release(NODE_LEASE + holder, holder)
      .catch((err: unknown) => log.warn({err}, 'the store still says that this node uses it, for a minute'));
  }

  async #beat(): Promise<void> {
    try {
      await renew(this.#options);
      await this.#options.onBeat();
    } catch (err) {
      this.#options.log.warn({err}, 'the store could not be told that this node uses it');
    }
  }
}

async function renew({leases, holder, clock}: Required<NodePresenceOptions>): Promise<void> {
  const now = clock();
  await leases.acquire(NODE_LEASE + holder, {holder, now, expiresAt: now + PRESENCE_MS});
}
