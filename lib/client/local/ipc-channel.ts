import {MAX_BODY_BYTES} from '../../../schemas/api-contract.ts';
import {OutcomeUnknownError, PayloadTooLargeError, toKmsError, UnavailableError} from '../../errors.ts';
import {IPC_METHODS, IPC_PART, type IpcListQuery, type IpcService} from '../../ipc/ipc-methods.ts';
import type {Connection} from '../../isolation/protocol/connection.ts';
import {remote} from '../../isolation/protocol/remote-interface.ts';
import {KmsConnectionError, UnexpectedReplyError} from '../client-errors.ts';
import type {KmsChannel, WireOperation} from '../kms-channel.ts';
import {connectIpc, type IpcPartner} from './ipc-connection.ts';

/** A keystore of a server on this host, over its IPC socket. Where the connection has ended, the next call makes another. */
export class IpcChannel implements KmsChannel {
  readonly keystoreId: string;
  readonly #partner: IpcPartner;
  #connecting: Promise<Connection> | undefined;
  #connection: Connection | undefined;
  #isClosed = false;

  constructor(partner: IpcPartner) {
    this.keystoreId = partner.keystoreId;
    this.#partner = partner;
  }

  /** @throws as `connectIpc` */
  async connect(): Promise<void> {
    await this.#connected();
  }

  runOnKeystore(operation: WireOperation): Promise<unknown> {
    return this.#call(async (service) => service.runOnKeystore(encoded(operation)));
  }

  runOnKey(keyId: string, operation: WireOperation): Promise<unknown> {
    return this.#call(async (service) => service.runOnKey(keyId, encoded(operation)));
  }

  describeKey(keyId: string): Promise<unknown> {
    return this.#call((service) => service.describeKey(keyId));
  }

  listKeys(query: IpcListQuery): Promise<unknown> {
    return this.#call((service) => service.listKeys(query));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#connection?.end();
    await this.#connecting?.then(
      (connection) => connection.end(),
      () => undefined,
    );
  }

  async #call(ask: (service: IpcService) => Promise<Uint8Array>): Promise<unknown> {
    const connection = await this.#connected();
    let reply;
    try {
      reply = await ask(remote<IpcService>(IPC_PART, IPC_METHODS, connection));
    } catch (error) {
      if (!connection.isOpen && (error instanceof UnavailableError || error instanceof OutcomeUnknownError)) {
        throw new KmsConnectionError('The connection to the server broke.', {cause: error});
      }
      throw toKmsError(error);
    }
    return decoded(reply);
  }

  #connected(): Promise<Connection> | Connection {
    if (this.#isClosed) throw new KmsConnectionError('The connection is closed.');
    if (this.#connection?.isOpen) return this.#connection;
    this.#connecting ??= connectIpc(this.#partner)
      .then((connection) => {
        this.#connection = connection;
        if (this.#isClosed) connection.end();
        return connection;
      })
      .finally(() => (this.#connecting = undefined));
    return this.#connecting;
  }
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
