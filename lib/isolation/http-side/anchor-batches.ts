import {MAX_ANCHOR_LINES, type AnchorBatch} from '../protocol/key-process-methods.ts';

/** Lines are sent at this length, whatever their number. */
const BATCH_CHARACTERS = 128 * 1024;

/** Reads an anchor for the key process, as far as that asks for it. */
export class AnchorBatches {
  readonly #readLines: () => AsyncGenerator<string>;
  #lines: AsyncGenerator<string> | undefined;

  constructor(readLines: () => AsyncGenerator<string>) {
    this.#readLines = readLines;
  }

  /** @param again from the beginning. @throws AnchorError; the errors of node:fs */
  async next(again: boolean): Promise<AnchorBatch> {
    if (again) await this.close();
    const source = (this.#lines ??= this.#readLines());
    const lines: string[] = [];
    for (let length = 0; length < BATCH_CHARACTERS && lines.length < MAX_ANCHOR_LINES;) {
      const next = await source.next();
      if (next.done === true) return {lines, end: true};
      lines.push(next.value);
      length += next.value.length;
    }
    return {lines, end: false};
  }

  async close(): Promise<void> {
    const lines = this.#lines;
    this.#lines = undefined;
    await lines?.return(undefined);
  }
}
