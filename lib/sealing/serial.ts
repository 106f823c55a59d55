/** Runs one piece of work after the other, in the order in which they came. */
export class Serial {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work, work);
    // A failure is the caller's to hear of, not the next one's.
    this.#last = result.catch(() => undefined);
    return result;
  }
}
