/** Takes exactly as many bytes at a time as asked for from pieces of any size. */
export class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>;
  #pieces: Uint8Array[] = [];
  #available = 0;
  #ended = false;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** @returns `length` bytes, or as many as there still are; where one piece has them all, its own memory. */
  async read(length: number): Promise<Buffer> {
    await this.#fill(length);
    const [first] = this.#pieces;
    if (first && first.length >= length) return this.#takeFrom(first, length);
    const taken = Buffer.allocUnsafe(Math.min(length, this.#available));
    let offset = 0;
    while (offset < taken.length) {
      const [piece = taken] = this.#pieces;
      const part = piece.subarray(0, taken.length - offset);
      taken.set(part, offset);
      offset += part.length;
      if (part.length === piece.length) this.#pieces.shift();
      else this.#pieces[0] = piece.subarray(part.length);
    }
    this.#available -= taken.length;
    return taken;
  }

  /** Whether nothing is left. */
  async isAtEnd(): Promise<boolean> {
    await this.#fill(1);
    return this.#available === 0;
  }

  /** Lets the source release what it holds. */
  async close(): Promise<void> {
    this.#pieces = [];
    await this.#source.return?.();
  }

  async #fill(length: number): Promise<void> {
    while (this.#available < length && !this.#ended) {
      const next = await this.#source.next();
      if (next.done === true) this.#ended = true;
      else if (next.value.length > 0) {
        this.#pieces.push(next.value);
        this.#available += next.value.length;
      }
    }
  }

  #takeFrom(first: Uint8Array, length: number): Buffer {
    if (first.length === length) this.#pieces.shift();
    else this.#pieces[0] = first.subarray(length);
    this.#available -= length;
    return Buffer.from(first.buffer, first.byteOffset, length);
  }
}
