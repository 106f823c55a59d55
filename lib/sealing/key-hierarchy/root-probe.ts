import type {IdentifiedRootWrapper} from '../root-wrapper.ts';
import {SealedBlobError} from '../wrapper.ts';
import {probeContext} from './contexts.ts';

/**
 * Anybody may ask for the server's health, and each sealing uses up one of the 2³² nonces that a key is good for: so
 * at most one a minute.
 */
const RESEAL_AFTER_MS = 60_000;
const PROBE = Buffer.from('is the root of trust there?');

/** Shows that a root wrapper works now: it can be opened again, and opens what it sealed. */
export class RootProbe {
  readonly #root: IdentifiedRootWrapper;
  readonly #clock: () => number;
  #sealed: {readonly blob: Uint8Array; readonly at: number} | undefined;

  constructor(root: IdentifiedRootWrapper, clock: () => number) {
    this.#root = root;
    this.#clock = clock;
  }

  /** @throws whatever the wrapper throws; SealedBlobError where it opens something else than it sealed */
  async run(): Promise<void> {
    const {id, wrapper} = this.#root;
    const context = probeContext(id);
    await wrapper.check();
    const now = this.#clock();
    if (!this.#sealed || now - this.#sealed.at >= RESEAL_AFTER_MS) {
      this.#sealed = {blob: await wrapper.seal(PROBE, context), at: now};
    }
    const opened = await wrapper.open(this.#sealed.blob, context);
    if (!PROBE.equals(opened)) throw new SealedBlobError();
  }
}
