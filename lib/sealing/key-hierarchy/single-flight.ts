/** Calls for one key that come while one is under way share its result. Nothing is kept afterwards. */
export class SingleFlight<T> {
  readonly #running = new Map<string, Promise<T>>();

  run(key: string, work: () => Promise<T>): Promise<T> {
    const running = this.#running.get(key);
    if (running) return running;
    const started = work().finally(() => {
      if (this.#running.get(key) === started) this.#running.delete(key);
    });
    this.#running.set(key, started);
    return started;
  }

  /** Calls from now on do not share what is under way. */
  detach(key: string): void {
    this.#running.delete(key);
  }

  detachAll(): void {
    this.#running.clear();
  }
}
