import {InternalError} from '../../errors.ts';

/** The requests that the key process works for, which it may ask something of meanwhile. */
export class PendingCalls<Call> {
  readonly #calls = new Map<number, Call>();
  #nextId = 1;

  /** Can be found for as long as `work` goes on. */
  async during<T>(call: Call, work: (id: number) => Promise<T>): Promise<T> {
    const id = this.#nextId++;
    this.#calls.set(id, call);
    try {
      return await work(id);
    } finally {
      this.#calls.delete(id);
    }
  }

  /** @throws InternalError where there is none of that number (any more) */
  find(id: number): Call {
    const call = this.#calls.get(id);
    if (!call) throw new InternalError(new Error('There is no such request.'));
    return call;
  }
}
