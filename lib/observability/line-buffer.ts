import type {DestinationStream} from 'pino';

/** Where lines go in the end: what `pino.destination` gives. */
export interface LineSink extends DestinationStream {
  flushSync(): void;
  /** Its path, where it is a file. */
  readonly file?: unknown;
  reopen(): void;
  once(event: 'close', listener: () => void): unknown;
}

export interface LineBufferOptions {
  /** No more UTF-16 code units are handed on at once, but for a line that is longer by itself. */
  readonly maxLength: number;
  /** How long a line waits at most. */
  readonly maxMs: number;
}

/** Hands lines on together. To write each by itself takes longer than to make it. */
export class LineBuffer implements DestinationStream {
  readonly #sink: LineSink;
  readonly #options: LineBufferOptions;
  #text = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(sink: LineSink, options: LineBufferOptions) {
    this.#sink = sink;
    this.#options = options;
    emptyAtExit(this);
    sink.once('close', () => buffers.delete(this));
  }

  write(line: string): void {
    if (this.#text.length + line.length > this.#options.maxLength) this.handOn();
    this.#text += line;
    this.#timer ??= setTimeout(() => this.handOn(), this.#options.maxMs).unref();
  }

  handOn(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const text = this.#text;
    this.#text = '';
    if (text !== '') this.#sink.write(text);
  }

  /** Hands on, and returns when that is written, or is being written. */
  flushSync(): void {
    this.handOn();
    this.#sink.flushSync();
  }

  /** Goes on in a new file by the same name, where it is a file. */
  reopen(): void {
    this.handOn();
    if (typeof this.#sink.file === 'string') this.#sink.reopen();
  }
}

/** Those that have not ended. */
const buffers = new Set<LineBuffer>();
let isWatching = false;

function emptyAtExit(buffer: LineBuffer): void {
  buffers.add(buffer);
  if (isWatching) return;
  isWatching = true;
  // Before the sinks' own listeners, who end them.
  process.prependListener('beforeExit', () => empty((each) => each.handOn()));
  process.prependListener('exit', () => empty((each) => each.flushSync()));
}

function empty(work: (buffer: LineBuffer) => void): void {
  for (const buffer of buffers) {
    try {
      work(buffer);
    } catch {
      // It was never opened, or has ended: there is nowhere to write, and no place to say so.
    }
  }
}
