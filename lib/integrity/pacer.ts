import {setTimeout as sleep} from 'node:timers/promises';

/** Of work: a request has to wait for it each time that it waits for anything. */
const SLICE_MS = 2;
/** After each: for requests. */
const PAUSE_MS = 4;
const REPORT_MS = 200;

export interface PacerOptions {
  readonly step: string;
  readonly report?: ((progress: {readonly step: string; readonly done: number}) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Default: a timer. */
  readonly pause?: ((ms: number) => Promise<unknown>) | undefined;
}

/** Milliseconds that this thread was at work since it began. Nobody has to wait while it waits for the store itself. */
const workedMs = (): number => performance.eventLoopUtilization().active;

/** Lets a walk over a whole database give way to the requests of the same process, stop, and tell how far it is. */
export class Pacer {
  readonly #options: PacerOptions;
  #done = 0;
  #sliceEnd = workedMs() + SLICE_MS;
  #reportAt = performance.now() + REPORT_MS;

  constructor(options: PacerOptions) {
    this.#options = options;
  }

  /** One more record was done. @throws the signal's reason where it was aborted */
  async step(): Promise<void> {
    const {step, report, signal, pause = sleep} = this.#options;
    signal?.throwIfAborted();
    this.#done++;
    if (workedMs() < this.#sliceEnd) return;
    const now = performance.now();
    if (now >= this.#reportAt) {
      report?.({step, done: this.#done});
      this.#reportAt = now + REPORT_MS;
    }
    await pause(PAUSE_MS);
    this.#sliceEnd = workedMs() + SLICE_MS;
  }

  /** The last word. */
  finish(): void {
    this.#options.report?.({step: this.#options.step, done: this.#done});
  }
}
