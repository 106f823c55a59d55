import {nextTurn} from '../../turns.ts';

/** For how long the event loop reads what is not known before requests that came meanwhile are looked at. */
const SLICE_MS = 2;

export interface SharedReadingsOptions<Request, State> {
  /** Asks the store for its version now. @param requests those of the turn: what is read with it may be recalled in it. */
  readonly version: (requests: readonly Request[]) => Promise<number>;
  /** @returns what is known to be in that version; undefined where that is not all that was asked for. Does not throw. */
  readonly recall: (request: Request, version: number) => State | undefined;
  readonly read: (request: Request) => Promise<State>;
}

interface Reading<Request, State> {
  readonly request: Request;
  readonly resolve: (state: State | Promise<State>) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Readings that were asked for in one turn of the event loop, answered together at its end, when all that had arrived was looked
 * at. The store is asked for its version once for all of them, after the last was asked for: so none is answered by what was
 * before. What they go on with ends close together, too: replies that are sent one right after the other wake a client once.
 */
export class SharedReadings<Request, State> {
  readonly #options: SharedReadingsOptions<Request, State>;
  /** Of this turn. */
  #asked: Reading<Request, State>[] = [];

  constructor(options: SharedReadingsOptions<Request, State>) {
    this.#options = options;
  }

  /** @throws as `version` and `read` */
  read(request: Request): Promise<State> {
    const {promise, resolve, reject} = Promise.withResolvers<State>();
    if (this.#asked.push({request, resolve, reject}) === 1) setImmediate(() => void this.#answer());
    return promise;
  }

  async #answer(): Promise<void> {
    const asked = this.#asked;
    this.#asked = [];
    try {
      const version = await this.#options.version(asked.map(({request}) => request));
      await this.#readEach(
        asked.filter((reading) => !this.#isKnown(reading, version)),
        version,
      );
    } catch (error) {
      for (const {reject} of asked) reject(error);
    }
  }

  #isKnown({request, resolve}: Reading<Request, State>, version: number): boolean {
    const state = this.#options.recall(request, version);
    if (state === undefined) return false;
    resolve(state);
    return true;
  }

  /** What the first of them has read the others may find known. */
  async #readEach(readings: readonly Reading<Request, State>[], version: number): Promise<void> {
    let sliceEnd = performance.now() + SLICE_MS;
    for (const reading of readings) {
      if (this.#isKnown(reading, version)) continue;
      if (performance.now() >= sliceEnd) {
        await nextTurn();
        sliceEnd = performance.now() + SLICE_MS;
      }
      reading.resolve(this.#options.read(reading.request));
    }
  }
}
