import {AdminError} from '../../admin/admin-operation.ts';
import {UsageError} from '../command.ts';

const LINE_FEED = 0x0a;
const RETURN = 0x0d;
const MAX_LINE_BYTES = 4096;

/** Lines of a pipe or a file, which may be secrets: what was read is overwritten. */
export class SecretLines {
  readonly #input: AsyncIterable<Buffer> & {destroy(): unknown};
  #chunks: AsyncIterator<Buffer> | undefined;
  #rest: Buffer = Buffer.alloc(0);
  #ended = false;

  constructor(input: AsyncIterable<Buffer> & {destroy(): unknown}) {
    this.#input = input;
  }

  /**
   * @returns the next line that is not blank, without its line end; undefined where there are no more.
   * @throws UsageError where it is too long; AdminError, `refused` where it is not UTF-8, and then the next one may be taken
   */
  async next(): Promise<string | undefined> {
    for (;;) {
      const line = await this.#nextLine();
      if (line?.trim() !== '') return line;
    }
  }

  /** Takes nothing more, so that an input that stays open does not keep the process. */
  close(): void {
    this.#rest.fill(0);
    if (this.#chunks && !this.#ended) this.#input.destroy();
  }

  async #nextLine(): Promise<string | undefined> {
    for (;;) {
      const end = this.#rest.indexOf(LINE_FEED);
      if (end >= 0) return this.#take(end, end + 1);
      if (this.#ended)
        return this.#rest.length > 0 ? this.#take(this.#rest.length, this.#rest.length) : undefined;
      if (this.#rest.length > MAX_LINE_BYTES) {
        throw new UsageError(`a line of standard input is longer than ${MAX_LINE_BYTES} bytes.`);
      }
      await this.#read();
    }
  }

  #take(end: number, next: number): string {
    const line = this.#rest.subarray(0, end);
    this.#rest = this.#rest.subarray(next);
    return decodeSecret(line.at(-1) === RETURN ? line.subarray(0, -1) : line);
  }

  async #read(): Promise<void> {
    this.#chunks ??= this.#input[Symbol.asyncIterator]();
    const next = await this.#chunks.next();
    if (next.done === true) {
      this.#ended = true;
      return;
    }
    const joined = Buffer.concat([this.#rest, next.value]);
    this.#rest.fill(0);
    next.value.fill(0);
    this.#rest = joined;
  }
}

/**
 * Bytes that are not UTF-8 must not become others, which are: of a passphrase nobody could tell which.
 * @param bytes which are overwritten. @throws AdminError, `refused`
 */
export function decodeSecret(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', {fatal: true, ignoreBOM: true}).decode(bytes);
  } catch (cause) {
    throw new AdminError('refused', 'What was given is not UTF-8.', {cause});
  } finally {
    bytes.fill(0);
  }
}
