import {RateLimitError, UnavailableError} from '../errors.ts';
import {FairQueue, type Party} from './fair-queue.ts';

/** Waits until it is this work's turn again; called before each piece that takes long, such as the verification of a proof. */
export type YieldTurn = () => Promise<void>;

export interface ColdWorkOptions {
  /** Pieces of work that one invoker may have under way or waiting. */
  readonly maxPerInvoker?: number;
  /** The same, of all together. */
  readonly max?: number;
  /** Calls back once whatever else there is to do was done. Default: `setImmediate`, which lets requests that arrived go first. */
  readonly defer?: (turn: () => void) => void;
}

const RETRY_AFTER_SECONDS = 1;

/**
 * Work on capabilities that were never seen before, which costs up to a hundred times what other requests cost. It is done
 * piece by piece, one piece between all that is ready on the event loop, and in turns (`FairQueue`): whoever has such work
 * done takes no time from those who need none, and from others who do not more than from itself.
 */
export class ColdWork {
  readonly #maxPerInvoker: number;
  readonly #max: number;
  readonly #defer: (turn: () => void) => void;
  readonly #waiting = new FairQueue<() => void>();
  readonly #ofInvoker = new Map<string, number>();
  readonly #ofAddress = new Map<string, number>();
  #all = 0;
  #isTurning = false;

  constructor({maxPerInvoker = 32, max = 256, defer = setImmediate}: ColdWorkOptions = {}) {
    this.#maxPerInvoker = maxPerInvoker;
    this.#max = max;
    this.#defer = defer;
  }

  /**
   * Does `work` when its turn has come.
   * @throws RateLimitError where the invoker has too much of it going on, UnavailableError where its address has
   */
  async run<T>(party: Party, work: (yieldTurn: YieldTurn) => Promise<T>): Promise<T> {
    const leave = this.#admit(party);
    try {
      await this.#turn(party, 'last');
      // What was begun is finished first: what it holds is not small.
      return await work(() => this.#turn(party, 'first'));
    } finally {
      leave();
    }
  }

  /**
   * An address may have as many places as are still free: one that floods gets half of them, two get a third each, and so
   * on. Who has none yet finds one.
   */
  #admit({invoker, address}: Party): () => void {
    if (countOf(this.#ofInvoker, invoker) >= this.#maxPerInvoker)
      throw new RateLimitError(RETRY_AFTER_SECONDS);
    if (countOf(this.#ofAddress, address) >= this.#max - this.#all) {
      throw new UnavailableError('Too many capabilities wait to be verified.');
    }
    this.#count({invoker, address}, 1);
    return () => this.#count({invoker, address}, -1);
  }

  #count({invoker, address}: Party, change: 1 | -1): void {
    this.#all += change;
    add(this.#ofInvoker, invoker, change);
    add(this.#ofAddress, address, change);
  }

  #turn(party: Party, place: 'first' | 'last'): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.add(resolve, party, place);
      if (this.#isTurning) return;
      this.#isTurning = true;
      this.#defer(this.#next);
    });
  }

  readonly #next = (): void => {
    const start = this.#waiting.take();
    this.#isTurning = start !== undefined;
    if (!start) return;
    start();
    this.#defer(this.#next);
  };
}

const countOf = (counts: ReadonlyMap<string, number>, name: string): number => counts.get(name) ?? 0;

function add(counts: Map<string, number>, name: string, change: 1 | -1): void {
  const count = countOf(counts, name) + change;
  if (count > 0) counts.set(name, count);
  else counts.delete(name);
}
