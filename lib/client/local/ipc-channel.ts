import {MAX_BODY_BYTES} from '../../../schemas/api-contract.ts';
import {OutcomeUnknownError, PayloadTooLargeError, toKmsError, UnavailableError} from '../../errors.ts';
import {MAX_CALLS} from '../../ipc/ipc-limits.ts';
import {IPC_METHODS, IPC_PART, type IpcListQuery, type IpcService} from '../../ipc/ipc-methods.ts';
import type {Connection} from '../../rpc/connection.ts';
import {remote} from '../../rpc/remote-interface.ts';
import {KmsConnectionError, UnexpectedReplyError} from '../client-errors.ts';
import type {KmsChannel, OperationName, WireOperation} from '../kms-channel.ts';
import {CallSlots} from './call-slots.ts';
import type {IpcPartner} from './ipc-connection.ts';
import {IpcLink} from './ipc-link.ts';
import {unlessAborted} from './unless-aborted.ts';

export interface IpcTimes {
  /** How long it is tried to reach the server again where the connection was lost, in milliseconds. Default: 5 s */
  readonly reconnectMs?: number | undefined;
  /** How long an answer is waited for, in milliseconds. Default: a minute, as over HTTPS */
  readonly answerMs?: number | undefined;
}

const RECONNECT_MS = 5_000;
/** The longest that a server works on is an RSA key of 4096 bits. */
const ANSWER_MS = 60_000;
/** So often a call is asked again whose connection was lost. */
const MAX_REPEATS = 3;

/** Asked twice, it may be done twice. */
const CHANGES: ReadonlySet<OperationName> = new Set<OperationName>([
  'GenerateKeyOperation',
  'ImportKeyOperation',
  'RotateKeyOperation',
  'UpdateKeyOperation',
  'DisableKeyOperation',
  'EnableKeyOperation',
  'DeleteKeyOperation',
  'RestoreKeyOperation',
]);

type Ask = (service: IpcService) => Promise<Uint8Array>;

interface Shared {
  readonly keystoreId: string;
  readonly link: IpcLink;
  readonly answerMs: number;
  /** The server takes no more at once. */
  readonly slots: CallSlots;
}

/**
 * A keystore of a server on this host, over its IPC socket. Where the connection is lost another is made; what was asked, and changes
 * nothing, is asked again.
 */
export class IpcChannel implements KmsChannel {
  readonly #shared: Shared;
  readonly #signal: AbortSignal | undefined;

  private constructor(shared: Shared, signal?: AbortSignal) {
    this.#shared = shared;
    this.#signal = signal;
  }

  /** @throws as `connectIpc` */
  static async connect(
    partner: IpcPartner,
    {
      reconnectMs = RECONNECT_MS,
      answerMs = ANSWER_MS,
      signal,
    }: IpcTimes & {readonly signal?: AbortSignal} = {},
  ): Promise<IpcChannel> {
    signal?.throwIfAborted();
    const link = new IpcLink(partner, {reconnectMs});
    try {
      await unlessAborted(link.open(), signal);
    } catch (error) {
      await link.close();
      throw error;
    }
    return new IpcChannel({keystoreId: partner.keystoreId, link, answerMs, slots: new CallSlots(MAX_CALLS)});
  }

  /** The same connection, for calls that nobody waits for any more once the signal is aborted. Closing it does nothing. */
  withSignal(signal: AbortSignal): IpcChannel {
    return new IpcChannel(this.#shared, this.#signal ? AbortSignal.any([this.#signal, signal]) : signal);
  }

  get keystoreId(): string {
    return this.#shared.keystoreId;
  }

  runOnKeystore(operation: WireOperation): Promise<unknown> {
    return this.#operate(operation, (service, bytes) => service.runOnKeystore(bytes));
  }

  runOnKey(keyId: string, operation: WireOperation): Promise<unknown> {
    return this.#operate(operation, (service, bytes) => service.runOnKey(keyId, bytes));
  }

  describeKey(keyId: string): Promise<unknown> {
    return this.#call((service) => service.describeKey(keyId));
  }

  listKeys(query: IpcListQuery): Promise<unknown> {
    return this.#call((service) => service.listKeys(query));
  }

  async close(): Promise<void> {
    if (!this.#signal) await this.#shared.link.close();
  }

  async #operate(
    operation: WireOperation,
    ask: (service: IpcService, bytes: Uint8Array) => Promise<Uint8Array>,
  ): Promise<unknown> {
    const bytes = encoded(operation);
    return this.#call((service) => ask(service, bytes), {changes: CHANGES.has(operation.type)});
  }

  async #call(ask: Ask, {changes = false}: {readonly changes?: boolean} = {}): Promise<unknown> {
    const signal = this.#signal;
    const asked = this.#shared.slots.during(async () => {
      for (let repeats = 0; ; repeats++) {
        signal?.throwIfAborted();
        const connection = await this.#shared.link.connected();
        signal?.throwIfAborted();
        try {
          return decoded(await this.#answered(connection, ask));
        } catch (error) {
          if (error instanceof NoAnswerError) throw changes ? unknown(error) : error;
          if (!wasLost(connection, error)) throw ownError(error);
          // It was said, and may have been done.
          if (changes && error instanceof OutcomeUnknownError) throw unknown(error);
          if (repeats === MAX_REPEATS) throw broken(error);
        }
      }
    });
    return unlessAborted(asked, signal);
  }

  async #answered(connection: Connection, ask: Ask): Promise<Uint8Array> {
    const {link, answerMs} = this.#shared;
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      // Others are asked over another one.
      link.leave(connection);
      late.reject(new NoAnswerError());
    }, answerMs);
    const asking = ask(remote<IpcService>(IPC_PART, IPC_METHODS, connection));
    try {
      return await Promise.race([asking.finally(() => link.settle(connection)), late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }
}

class NoAnswerError extends KmsConnectionError {
  constructor() {
    super('The server did not answer in time.');
  }
}

/** Whether the connection was lost, and not an answer. */
function wasLost(connection: Connection, error: unknown): boolean {
  return !connection.isOpen && error instanceof UnavailableError;
}

function unknown(cause: unknown): OutcomeUnknownError {
  const message = 'The connection to the server broke: nobody knows whether it was done.';
  return new OutcomeUnknownError(message, {cause});
}

function broken(cause: unknown): KmsConnectionError {
  return new KmsConnectionError('The connection to the server broke, again and again.', {cause});
}

function ownError(error: unknown): Error {
  return error instanceof KmsConnectionError || error instanceof UnexpectedReplyError
    ? error
    : toKmsError(error);
}

/** @throws PayloadTooLargeError: it would end the connection */
function encoded(operation: WireOperation): Uint8Array {
  const bytes = Buffer.from(JSON.stringify(operation));
  if (bytes.length <= MAX_BODY_BYTES) return bytes;
  throw new PayloadTooLargeError(`The request body must not be larger than ${MAX_BODY_BYTES} bytes.`);
}

function decoded(reply: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(reply).toString('utf8')) as unknown;
  } catch (cause) {
    throw new UnexpectedReplyError('It is not JSON.', {cause});
  }
}
