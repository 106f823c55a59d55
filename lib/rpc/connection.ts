import type {Duplex} from 'node:stream';
import {InternalError, OutcomeUnknownError, UnavailableError} from '../errors.ts';
import {decodeCbor, encodeCbor} from './cbor.ts';
import {failure, failureOf, KMS_FAILURES, reviveFailure, type FailureKinds} from './failure.ts';
import {FrameReader, frameOf, MAX_FRAME_BYTES} from './frame-reader.ts';
import {ProtocolError} from './protocol-error.ts';
import {anything, count, oneOf, text, tuple, type Shape} from './shape.ts';

/** What one process can ask of the other. */
export interface Method<Parameters, Result> {
  readonly parameters: Shape<Parameters>;
  readonly result: Shape<Result>;
  /** Whether it writes: where no answer comes, nobody knows whether it has. */
  readonly writes?: boolean;
}

export interface Handler {
  readonly parameters: Shape<unknown>;
  readonly result: Shape<unknown>;
  readonly run: (parameters: never) => unknown;
}

export interface ConnectionOptions {
  /** What the other end may ask for, by name. */
  readonly methods: ReadonlyMap<string, Handler>;
  /** Called once, when nothing can be said or heard any more; with what was wrong, if anything was. */
  readonly onEnd: (error?: Error) => void;
  /** Calls of one direction that are not answered yet. */
  readonly maxCalls?: number;
  /** Of what the other end sends. */
  readonly maxFrameBytes?: number;
  /** The errors that both ends know; all others are internal ones. */
  readonly failures?: FailureKinds;
  /** What the other end is, in what this one says of it. */
  readonly peer?: string;
}

interface Call {
  readonly method: Method<unknown, unknown>;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** `[kind, id, method or result, parameters]` */
const message = tuple<[kind: 'c' | 'r' | 'f', id: number, body: unknown, parameters?: unknown]>(
  oneOf('c', 'r', 'f'),
  count,
  anything,
  anything,
);

/**
 * Calls from either end of a stream to the other. What is sent in one turn of the event loop goes in one write. Whatever is not
 * of the protocol ends the connection; and then all that was asked fails as unavailable.
 */
export class Connection {
  readonly #stream: Duplex;
  readonly #options: Required<ConnectionOptions>;
  readonly #reader: FrameReader;
  readonly #calls = new Map<number, Call>();
  #answering = 0;
  #nextId = 1;
  #frames: Uint8Array[] = [];
  #ended = false;

  constructor(stream: Duplex, options: ConnectionOptions) {
    this.#stream = stream;
    this.#options = {
      maxCalls: 16_384,
      maxFrameBytes: MAX_FRAME_BYTES,
      failures: KMS_FAILURES,
      peer: 'other process',
      ...options,
    };
    this.#reader = new FrameReader(this.#options.maxFrameBytes);
    stream.on('data', (piece: Buffer) => this.#take(piece));
    stream.on('end', () => this.#end());
    stream.on('close', () => this.#end());
    stream.on('error', () => this.#end());
  }

  get isOpen(): boolean {
    return !this.#ended;
  }

  /** How many of this end's calls are not answered. */
  get waiting(): number {
    return this.#calls.size;
  }

  /** Bytes that have come of what is not whole. */
  get partialBytes(): number {
    return this.#reader.partialBytes;
  }

  /**
   * @throws what the other end threw; UnavailableError where it cannot be asked; OutcomeUnknownError where it was, and the method
   *   writes, and no answer came
   */
  async call<P, R>(name: string, method: Method<P, R>, parameters: P): Promise<R> {
    if (this.#ended) throw this.#gone();
    if (this.#calls.size >= this.#options.maxCalls) throw new UnavailableError('Too much is being done.');
    const trimmed = own(method.parameters, parameters);
    const id = this.#nextId++;
    const {promise, resolve, reject} = Promise.withResolvers<unknown>();
    this.#send(['c', id, name, trimmed]);
    this.#calls.set(id, {method, resolve, reject});
    return (await promise) as R;
  }

  /** Says no more, once what was said is written. */
  end(): void {
    this.#flush();
    this.#stream.end();
    this.#end();
  }

  #take(piece: Uint8Array): void {
    try {
      for (const payload of this.#reader.push(piece)) {
        if (!this.#ended) this.#receive(message(decodeCbor(payload)));
      }
    } catch (error) {
      this.#break(error);
    }
  }

  #receive([kind, id, body, parameters]: ReturnType<typeof message>): void {
    if (kind === 'c') {
      void this.#answer(id, text(body), parameters);
      return;
    }
    const call = this.#calls.get(id);
    if (!call) throw new ProtocolError('An answer to nothing.');
    this.#calls.delete(id);
    try {
      if (kind === 'f') call.reject(reviveFailure(failure(body), this.#options.failures));
      else call.resolve(call.method.result(body));
    } catch (error) {
      call.reject(this.#lost(call));
      throw error;
    }
  }

  async #answer(id: number, name: string, given: unknown): Promise<void> {
    const handler = this.#options.methods.get(name);
    let parameters;
    try {
      if (!handler) throw new ProtocolError('There is no such method.');
      if (this.#answering >= this.#options.maxCalls) throw new ProtocolError('Too many calls at once.');
      parameters = handler.parameters(given);
    } catch (error) {
      this.#break(error);
      return;
    }
    this.#answering++;
    try {
      const result = await handler.run(parameters as never);
      this.#send(['r', id, own(handler.result, result)]);
    } catch (error) {
      this.#fail(id, error);
    } finally {
      this.#answering--;
    }
  }

  #fail(id: number, error: unknown): void {
    const {failures} = this.#options;
    try {
      this.#send(['f', id, failureOf(error, failures)]);
    } catch {
      this.#send(['f', id, failureOf(new Error('What was thrown cannot be told.'), failures)]);
    }
  }

  #send(content: readonly unknown[]): void {
    if (this.#ended) return;
    if (this.#frames.length === 0) setImmediate(() => this.#flush());
    this.#frames.push(frameOf(encodeCbor(content)));
  }

  #flush(): void {
    const frames = this.#frames;
    this.#frames = [];
    if (frames.length === 0 || this.#ended) return;
    this.#stream.write(frames.length === 1 ? frames[0] : Buffer.concat(frames));
  }

  #break(error: unknown): void {
    const reason =
      error instanceof ProtocolError ? error : new ProtocolError('It could not be read.', {cause: error});
    this.#end(reason);
    this.#stream.destroy();
  }

  #end(error?: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#frames = [];
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    for (const call of calls) call.reject(this.#lost(call));
    this.#options.onEnd(error);
  }

  #gone(): UnavailableError {
    return new UnavailableError(`The ${this.#options.peer} is not there now.`);
  }

  #lost({method}: Call): UnavailableError {
    return method.writes === true
      ? new OutcomeUnknownError(`The ${this.#options.peer} has ended.`)
      : this.#gone();
  }
}

/** What is sent of what there is. @throws InternalError: it is this process's own mistake */
function own(shape: Shape<unknown>, value: unknown): unknown {
  try {
    return shape(value, true);
  } catch (error) {
    throw new InternalError(error);
  }
}
