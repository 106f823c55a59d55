/**
 * How many bytes of requests are being worked on, over all connections. Where it is too much, those who bring more are not read until
 * there is room.
 */
export class WorkInHand {
  readonly #maxBytes: number;
  #bytes = 0;
  readonly #waiting = new Set<() => void>();

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get isFull(): boolean {
    return this.#bytes > this.#maxBytes;
  }

  /** @returns to be called once, when it is done */
  begin(bytes: number): () => void {
    this.#bytes += bytes;
    return () => {
      this.#bytes -= bytes;
      if (this.isFull) return;
      const waiting = [...this.#waiting];
      this.#waiting.clear();
      for (const goOn of waiting) goOn();
    };
  }

  /** Calls `goOn` once there is room. */
  whenRoom(goOn: () => void): void {
    this.#waiting.add(goOn);
  }
}
