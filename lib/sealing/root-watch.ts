import type {RootWrapperRecord} from '../storage/key-hierarchy-store.ts';
import {SingleFlight} from './key-hierarchy/single-flight.ts';
import type {RootStatus} from './root-status.ts';
import type {IdentifiedRootWrapper} from './root-wrapper.ts';

/** The roots, as `RootOfTrust` has them. */
export interface WatchedRoots {
  opened(): readonly IdentifiedRootWrapper[];
  awaited(): readonly RootWrapperRecord[];
  tryAgain(record: RootWrapperRecord): Promise<boolean>;
  status(): readonly RootStatus[];
}

export interface RootWatchOptions {
  readonly root: WatchedRoots;
  readonly log: {
    info(fields: object, message: string): void;
    warn(fields: object, message: string): void;
  };
  /** After something was not there it is looked for so much later, and twice that each time. Default: 2 s */
  readonly firstMs?: number;
  /** At most; it is also how often it is looked where all is well. Default: 60 s */
  readonly mostMs?: number;
}

const FIRST_MS = 2000;
const MOST_MS = 60_000;

/**
 * Looks after roots of trust that need nobody: one that is not there (a token that is away, a file on a disk that is not mounted) is tried
 * again, and one that is in use is asked whether it still can be. Each loss and each return is logged once.
 */
export class RootWatch {
  readonly #root: WatchedRoots;
  readonly #log: RootWatchOptions['log'];
  readonly #firstMs: number;
  readonly #mostMs: number;
  /** Why roots that are open cannot be used, by their ids. */
  readonly #problems = new Map<string, string>();
  readonly #looking = new SingleFlight<void>();
  #timer: NodeJS.Timeout | undefined;
  #isStarted = false;

  constructor({root, log, firstMs = FIRST_MS, mostMs = MOST_MS}: RootWatchOptions) {
    this.#root = root;
    this.#log = log;
    this.#firstMs = firstMs;
    this.#mostMs = mostMs;
  }

  /** @returns a function that stops it: what is being asked of a root then is left to end by itself */
  start(): () => void {
    this.#isStarted = true;
    let delay = this.#firstMs;
    let missing = '';
    const next = async (): Promise<void> => {
      await this.#tryAwaited();
      await this.look();
      const now = this.#missing().join();
      delay = now === missing ? Math.min(2 * delay, this.#mostMs) : this.#firstMs;
      missing = now;
      schedule();
    };
    const schedule = (): void => {
      if (!this.#isStarted) return;
      this.#timer = setTimeout(() => void next(), this.#missing().length > 0 ? delay : this.#mostMs).unref();
    };
    schedule();
    return () => {
      this.#isStarted = false;
      clearTimeout(this.#timer);
    };
  }

  /** Asks the roots that are in use whether they can be. */
  look(): Promise<void> {
    return this.#looking.run('', async () => {
      const opened = this.#root.opened();
      const ids = new Set(opened.map(({id}) => id));
      for (const id of this.#problems.keys()) if (!ids.has(id)) this.#problems.delete(id);
      await Promise.all(opened.map((root) => this.#lookAt(root)));
    });
  }

  /** Whether a root that is not open is tried again. */
  get isAwaiting(): boolean {
    return this.#isStarted && this.#root.awaited().length > 0;
  }

  status(): readonly RootStatus[] {
    const awaited = new Set(this.#isStarted ? this.#root.awaited().map(({id}) => id) : []);
    return this.#root.status().map((status) => {
      const problem = this.#problems.get(status.id);
      return {
        ...status,
        ...(awaited.has(status.id) && {awaited: true as const}),
        ...(status.open && problem !== undefined && {problem}),
      };
    });
  }

  async #tryAwaited(): Promise<void> {
    for (const record of this.#root.awaited()) {
      const {id, uri} = record;
      try {
        if (await this.#root.tryAgain(record)) this.#log.info({id, uri}, 'a root of trust is back, and open');
        else this.#tellOfAnother(record);
      } catch (err) {
        // The store cannot be reached: that is logged by who needs it, and this is tried again.
        if (!this.#isStarted) return;
        this.#log.warn({id, uri, err}, 'a root of trust could not be tried again');
      }
    }
  }

  /** It is there, and cannot be used for another reason, which stays until somebody mends it. */
  #tellOfAnother({id, uri}: RootWrapperRecord): void {
    if (this.#root.awaited().some((awaited) => awaited.id === id)) return;
    const status = this.#root.status().find((found) => found.id === id);
    if (!status || status.open) return;
    this.#log.warn(
      {id, uri, reason: status.reason},
      'a root of trust cannot be opened, and is not tried again',
    );
  }

  async #lookAt({id, wrapper}: IdentifiedRootWrapper): Promise<void> {
    const {uri} = wrapper;
    try {
      await wrapper.check();
      if (!this.#problems.delete(id)) return;
      this.#log.info({id, uri}, 'a root of trust can be used again');
    } catch (err) {
      // Closed meanwhile.
      if (!this.#root.opened().some((root) => root.wrapper === wrapper)) return;
      if (!this.#problems.has(id)) this.#log.warn({id, uri, err}, 'a root of trust cannot be used now');
      this.#problems.set(id, err instanceof Error ? err.message : 'It failed.');
    }
  }

  #missing(): readonly string[] {
    return [...this.#root.awaited().map(({id}) => id), ...this.#problems.keys()];
  }
}
