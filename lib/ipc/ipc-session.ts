import type {Socket} from 'node:net';
import type {Logger} from 'pino';
import {NotAllowedError, toKmsError, ValidationError} from '../errors.ts';
import {Connection, type Handler} from '../rpc/connection.ts';
import {failureOf, reviveFailure} from '../rpc/failure.ts';
import {handlersOf, remote} from '../rpc/remote-interface.ts';
import type {Admitted} from './ipc-admission.ts';
import {IpcCalls, type IpcKeys} from './ipc-calls.ts';
import {MAX_CALLS, MAX_REQUEST_BYTES, MAX_UNTAKEN_BYTES, STALL_MS} from './ipc-limits.ts';
import type {RecordCall} from './ipc-log.ts';
import {
  IPC_CLIENT_METHODS,
  IPC_CLIENT_PART,
  IPC_METHODS,
  IPC_PART,
  type IpcClientSide,
  type IpcService,
} from './ipc-methods.ts';
import type {WorkInHand} from './work-in-hand.ts';

export interface SessionOptions {
  readonly keys: IpcKeys;
  readonly log: Logger;
  readonly record: RecordCall;
  readonly work: WorkInHand;
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
  readonly #work: WorkInHand;
  #isHeld = false;
  #isOver = false;
  #isLeaving = false;
  #answering = 0;
  #calls = 0;
  #moved = 0;

  constructor(
    socket: Socket,
    admitted: Admitted,
    {keys, log, record, work, onEnd, stallMs = STALL_MS}: SessionOptions,
  ) {
    this.admitted = admitted;
    this.#socket = socket;
    this.#log = log;
    this.#work = work;
    const assertOpen = (): void => {
      if (this.#isOver) throw new NotAllowedError('ipc-client', 'The connection has ended.');
    };
    const calls = new IpcCalls({...admitted, assertOpen, record}, keys);
    this.#stalls = setInterval(() => this.#endIfStalled(), stallMs).unref();
    this.#connection = new Connection(socket, {
      peer: 'client',
      methods: this.#methods(calls),
      maxCalls: MAX_CALLS,
      maxFrameBytes: MAX_REQUEST_BYTES,
      onEnd: (error) => {
        this.#isOver = true;
        clearInterval(this.#stalls);
        const ended = {client: this.#name, calls: this.#calls};
        if (error) log.warn({...ended, reason: error.message}, 'IPC connection ended');
        else log.info(ended, 'IPC connection ended');
        onEnd();
      },
    });
    socket.on('drain', this.#readOn).resume();
  }

  get #name(): string {
    return this.admitted.client.name;
  }

  /** How many calls are not answered. */
  get answering(): number {
    return this.#answering;
  }

  /** Has the client make another connection for what it asks from now on, and end this one when all is answered. */
  leave(): void {
    if (this.#isLeaving || this.#isOver) return;
    this.#isLeaving = true;
    remote<IpcClientSide>(IPC_CLIENT_PART, IPC_CLIENT_METHODS, this.#connection)
      .leave()
      .catch(() => undefined);
  }

  /** Once the answers that there are have been written, for which the client has `ms`. */
  finish(ms: number): void {
    this.#isOver = true;
    this.#connection.end();
    setTimeout(() => this.#socket.destroy(), ms).unref();
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
        {...handler, run: async (given: never[]) => this.#answer(given, () => handler.run(given as never))},
      ]),
    );
  }

  async #answer(given: readonly unknown[], run: () => unknown): Promise<unknown> {
    const done = this.#work.begin(given.reduce<number>((sum, part) => sum + lengthOf(part), 0));
    this.#calls++;
    this.#answering++;
    this.#readOn();
    try {
      return await run();
    } catch (error) {
      throw forClient(toKmsError(error));
    } finally {
      this.#answering--;
      done();
    }
  }

  /** Reads what comes, or does not while it is too much: what the client has asked for, or does not take. */
  readonly #readOn = (): void => {
    const isFull = this.#work.isFull;
    const isHeld = isFull || this.#socket.writableLength > MAX_UNTAKEN_BYTES;
    if (isFull) this.#work.whenRoom(this.#readOn);
    if (isHeld === this.#isHeld || this.#isOver) return;
    this.#isHeld = isHeld;
    if (isHeld) this.#socket.pause();
    else this.#socket.resume();
  };

  #endIfStalled(): void {
    const {bytesRead, bytesWritten, writableLength} = this.#socket;
    const isWaitedFor = writableLength > 0 || (!this.#isHeld && this.#connection.partialBytes > 0);
    const moved = bytesRead + bytesWritten - writableLength;
    if (isWaitedFor && moved === this.#moved) {
      this.end();
      this.#log.warn({client: this.#name}, 'an IPC client does not go on');
    }
    this.#moved = moved;
  }
}

function lengthOf(part: unknown): number {
  return part instanceof Uint8Array ? part.length : 0;
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
    ...(error instanceof ValidationError && {reason: error.validator}),
  });
}
