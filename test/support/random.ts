/** A seeded source of choices, so that a generated test can be run again (xorshift128, Marsaglia 2003). Not for secrets. */
export class Random {
  readonly seed: number;
  #state: [number, number, number, number];

  constructor(seed: number) {
    this.seed = seed;
    this.#state = [seed | 0, 0x9e3779b9, 0x243f6a88, 0xb7e15162];
    for (let i = 0; i < 16; i++) this.#next();
  }

  /** An integer, 0 ≤ n < `bound`. */
  below(bound: number): number {
    return Math.floor((this.#next() / 0x1_0000_0000) * bound);
  }

  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError('Nothing to pick from.');
    return items[this.below(items.length)] as T;
  }

  chance(probability: number): boolean {
    return this.#next() / 0x1_0000_0000 < probability;
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({length}, () => this.below(256)));
  }

  /** A random-looking UUID, e.g. for capability ids. */
  uuid(): string {
    const hex = this.bytes(16).toString('hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  }

  #next(): number {
    const [x, y, z, w] = this.#state;
    const t = x ^ (x << 11);
    const next = w ^ (w >>> 19) ^ (t ^ (t >>> 8));
    this.#state = [y, z, w, next];
    return next >>> 0;
  }
}
