import type {IdentifiedRootWrapper, RootWrapper} from '../root-wrapper.ts';
import {SealedBlobError} from '../wrapper.ts';
import {probeContext} from './contexts.ts';
import {rootUnavailable, type OpenedRoots} from './root-access.ts';
import {SingleFlight} from './single-flight.ts';

/**
 * Anybody may ask for the server's health, and each sealing uses up one of the 2³² nonces that a key is good for: so
 * at most one a minute.
 */
const RESEAL_AFTER_MS = 60_000;
const PROBE = Buffer.from('is the root of trust there?');

interface Sealed {
  readonly blob: Uint8Array;
  readonly at: number;
}

/** Shows that the roots which are open work now: each can be opened again, and opens what it sealed. */
export class RootProbes {
  readonly #roots: OpenedRoots;
  readonly #clock: () => number;
  readonly #sealed = new WeakMap<RootWrapper, Sealed>();
  readonly #checking = new SingleFlight<void>();

  constructor(roots: OpenedRoots, clock: () => number) {
    this.#roots = roots;
    this.#clock = clock;
  }

  /** @throws UnavailableError, its `cause` is whatever a wrapper threw; SealedBlobError where it opens something else than it sealed */
  async run(): Promise<void> {
    await this.#checking.run('', async () => {
      try {
        await Promise.all(this.#roots.opened().map((root) => this.#probe(root)));
      } catch (cause) {
        throw rootUnavailable(cause);
      }
    });
  }

  async #probe({id, wrapper}: IdentifiedRootWrapper): Promise<void> {
    const context = probeContext(id);
    await wrapper.check();
    const now = this.#clock();
    let sealed = this.#sealed.get(wrapper);
    if (!sealed || now - sealed.at >= RESEAL_AFTER_MS) {
      sealed = {blob: await wrapper.seal(PROBE, context), at: now};
      this.#sealed.set(wrapper, sealed);
    }
    const opened = await wrapper.open(sealed.blob, context);
    if (!PROBE.equals(opened)) throw new SealedBlobError();
  }
}
