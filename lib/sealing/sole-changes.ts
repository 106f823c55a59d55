import {KeyInUseError} from '../storage/key-errors.ts';
import {Serial} from './key-hierarchy/serial.ts';

/**
 * Does `work` where no other process changes the roots of this store, and keeps them from it meanwhile; the signal is aborted
 * where that ends. @returns whether it was done.
 */
export type WhileHeld = (work: (signal: AbortSignal) => Promise<void>) => Promise<boolean>;

/** As if there were no other process. */
const unshared: WhileHeld = async (work) => {
  await work(new AbortController().signal);
  return true;
};

/** One change of the roots at a time, of all processes. */
export class SoleChanges {
  readonly #whileHeld: WhileHeld;
  readonly #changes = new Serial();

  constructor(whileHeld: WhileHeld = unshared) {
    this.#whileHeld = whileHeld;
  }

  /** @param stop ends it earlier @throws KeyInUseError where another process changes the roots; as `work` */
  run<T>(stop: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return this.#changes.run('roots', async () => {
      let done: {readonly result: T} | undefined;
      await this.#whileHeld(async (held) => {
        done = {result: await work(either(stop, held))};
      });
      if (!done) throw new KeyInUseError('Another process is changing the roots of trust. Try again.');
      return done.result;
    });
  }

  /** Where `isWanted`, and unless another process changes the roots. @param stop ends it earlier */
  async runIfAlone(
    stop: AbortSignal | undefined,
    isWanted: () => Promise<boolean>,
    work: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    await this.#changes.run('roots', async () => {
      stop?.throwIfAborted();
      if (await isWanted()) await this.#whileHeld((held) => work(either(stop, held)));
    });
  }
}

const either = (stop: AbortSignal | undefined, held: AbortSignal): AbortSignal =>
  stop ? AbortSignal.any([stop, held]) : held;
