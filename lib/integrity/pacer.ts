import {setTimeout as sleep} from 'node:timers/promises';

/** A request has to wait for it each time that it waits for anything. */
const SLICE_MS = 2;
/** After each: for requests. */
const PAUSE_MS = 4;
const REPORT_MS = 200;

export interface PacerOptions {
  readonly step: string;
  readonly report?: ((progress: {readonly step: string; readonly done: number}) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Lets a walk over a whole database give way to the requests of the same process, stop, and tell how far it is. */
export class Pacer {
  readonly #options: PacerOptions;
  #done = 0;
  #sliceEnd = performance.now() + SLICE_MS;
  #reportAt = performance.now() + REPORT_MS;

  constructor(options: PacerOptions) {
    this.#options = options;
  }

  /** One more record was done. @throws the signal's reason where it was aborted */
  async step(): Promise<void> {
    const {step, report, signal} = this.#options;
    signal?.throwIfAborted();
    this.#done++;
    const now = performance.now();
    if (now < this.#sliceEnd) return;
    if (now >= this.#reportAt) {
      report?.({step, done: this.#done});
      this.#reportAt = now + REPORT_MS;
    }
    await sleep(PAUSE_MS);
    this.#sliceEnd = performance.now() + SLICE_MS;
  }

  /** The last word. */
  finish(): void {
    this.#options.report?.({step: this.#options.step, done: this.#done});
  }
}
