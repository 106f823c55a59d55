const WINDOW_MS = 60_000;
const FIRST_DELAY_MS = 250;
const MAX_DELAY_MS = 30_000;

/**
 * How long to wait before a worker that has died is replaced: not at all, but where more have died within a minute than there
 * are workers, then twice as long with each.
 */
export class RestartDelay {
  readonly #workers: number;
  readonly #now: () => number;
  #deaths: number[] = [];

  /** @param now milliseconds, of a clock that is not set back */
  constructor(workers: number, now: () => number = () => performance.now()) {
    this.#workers = workers;
    this.#now = now;
  }

  /** @returns milliseconds to wait after a death that is just being told of */
  afterDeath(): number {
    const now = this.#now();
    this.#deaths = [...this.#deaths.filter((at) => now - at < WINDOW_MS), now].slice(-1000);
    const tooMany = this.#deaths.length - this.#workers;
    return tooMany <= 0 ? 0 : Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (tooMany - 1));
  }
}
