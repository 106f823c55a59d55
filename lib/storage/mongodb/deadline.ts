import {AsyncLocalStorage} from 'node:async_hooks';
import {UnavailableError} from '../../errors.ts';

/** One bound in time over all commands of an operation. */
export class Deadline {
  static readonly #current = new AsyncLocalStorage<Deadline>();
  readonly #endsAt: number;

  private constructor(ms: number) {
    this.#endsAt = performance.now() + ms;
  }

  /** Commands within `work` take `ms` together at most; where it is part of another operation, what that has left. */
  static within<T>(ms: number, work: () => Promise<T>): Promise<T> {
    return this.#current.getStore() ? work() : this.#current.run(new Deadline(ms), work);
  }

  /** What the next command may take, `ms` where there is no operation. @throws UnavailableError where nothing is left. */
  static remainingMs(ms: number): number {
    const deadline = this.#current.getStore();
    if (!deadline) return ms;
    const left = Math.floor(deadline.#endsAt - performance.now());
    if (left < 1) throw new UnavailableError('The store took too long.');
    return left;
  }
}
