import type {Logger} from 'pino';
import {UsedRoots} from '../../sealing/used-roots.ts';

/**
 * The roots of trust that the key processes of a server have used since it began. One that is begun anew is told of them, as its
 * worker could show it a store of its own, with a root that only the worker's taker opens.
 */
export class AgreedRoots {
  readonly #log: Pick<Logger, 'error'>;
  readonly #used = new UsedRoots();

  constructor(log: Pick<Logger, 'error'>) {
    this.#log = log;
  }

  list(): readonly string[] {
    return this.#used.list();
  }

  /** The first to say something is believed; then who uses one of those as well. */
  heard(fingerprints: readonly string[], worker: number): void {
    if (this.#used.isEmpty || fingerprints.some((fingerprint) => this.#used.has(fingerprint)))
      this.#used.add(fingerprints);
    else if (fingerprints.length > 0) this.#log.error({worker}, STRANGE);
  }
}

const STRANGE =
  'the key process of a worker uses roots of trust that no other has used: somebody may show it another store';
