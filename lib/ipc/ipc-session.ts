import type {Socket} from 'node:net';
import type {Logger} from 'pino';
import {InternalError, NotAllowedError, toKmsError} from '../errors.ts';
import {Connection, type Handler} from '../isolation/protocol/connection.ts';
import {failureOf, reviveFailure} from '../isolation/protocol/failure.ts';
import {handlersOf} from '../isolation/protocol/remote-interface.ts';
import type {Admitted} from './ipc-admission.ts';
import {IpcCalls, type IpcKeys} from './ipc-calls.ts';
import {MAX_CALLS, MAX_REQUEST_BYTES, MAX_UNTAKEN_BYTES, STALL_MS} from './ipc-limits.ts';
import {IPC_METHODS, IPC_PART, type IpcService} from './ipc-methods.ts';

export interface SessionOptions {
  readonly keys: IpcKeys;
  readonly log: Logger;
  readonly onEnd: () => void;
  readonly stallMs?: number;
}

/** A connection of a client that has proven who it is. It ends where the client does not go on with what it began. */
export class Session {
  readonly admitted: Admitted;
  readonly #socket: Socket;
  readonly #connection: Connection;
  readonly #log: Logger;
  readonly #stalls: NodeJS.Timeout;
  #isOver = false;
  #calls = 0;
  #moved = 0;

  constructor(socket: Socket, admitted: Admitted, {keys, log, onEnd, stallMs = STALL_MS}: SessionOptions) {
    this.admitted = admitted;
    this.#socket = socket;
    this.#log = log;
    const assertOpen = (): void => {
      if (this.#isOver) throw new NotAllowedError('ipc-client', 'The connection has ended.');
    };
    const calls = new IpcCalls({...admitted, assertOpen}, keys);
    this.#stalls = setInterval(() => this.#endIfStalled(), stallMs).unref();
    this.#connection = new Connection(socket, {
      methods: this.#methods(calls),
      maxCalls: MAX_CALLS,
      maxFrameBytes: MAX_REQUEST_BYTES,
      onEnd: (error) => {
        this.#isOver = true;
        clearInterval(this.#stalls);
        if (error) log.warn({client: this.#name, reason: error.message}, 'IPC connection ended');
        onEnd();
      },
    });
    socket.resume();
  }

  get #name(): string {
    return this.admitted.client.name;
  }

  /** How many calls are not answered. */
  get answering(): number {
    return this.#calls;
  }

  /** At once: nothing more is read, and nothing more is said. */
  end(): void {
    this.#isOver = true;
    this.#socket.destroy();
  }

  #methods(calls: IpcCalls): ReadonlyMap<string, Handler> {
    const handlers = handlersOf<IpcService>(IPC_PART, IPC_METHODS, calls);
    return new Map(
      handlers.map(([name, handler]) => [
        name,
        {...handler, run: async (parameters: never) => this.#answer(name, () => handler.run(parameters))},
      ]),
    );
  }

  async #answer(method: string, run: () => unknown): Promise<unknown> {
    if (this.#socket.writableLength > MAX_UNTAKEN_BYTES) {
      this.end();
      this.#log.warn({client: this.#name}, 'an IPC client does not take its answers');
    }
    const startedAt = performance.now();
    this.#calls++;
    let outcome = 'done';
    try {
      return await run();
    } catch (error) {
      const known = toKmsError(error);
      outcome = known.code;
      if (known instanceof InternalError) this.#log.error({err: known.cause, method}, 'IPC call failed');
      throw forClient(known);
    } finally {
      this.#calls--;
      const ms = Math.round((performance.now() - startedAt) * 10) / 10;
      this.#log.info({client: this.#name, method, outcome, ms}, 'IPC call');
    }
  }

  #endIfStalled(): void {
    const {bytesRead, bytesWritten, writableLength} = this.#socket;
    const isWaitedFor = writableLength > 0 || this.#connection.partialBytes > 0;
    const moved = bytesRead + bytesWritten - writableLength;
    if (isWaitedFor && moved === this.#moved) {
      this.end();
      this.#log.warn({client: this.#name}, 'an IPC client does not go on');
    }
    this.#moved = moved;
  }
}

/** Causes are for the log. */
function forClient(error: Error): Error {
  const {kind, message, details, publicCause, retryAfterSeconds} = failureOf(error);
  return reviveFailure({
    kind,
    message,
    ...(details && {details}),
    ...(publicCause && {publicCause}),
    ...(retryAfterSeconds !== undefined && {retryAfterSeconds}),
    ...(error instanceof NotAllowedError && {reason: 'refused'}),
  });
}
