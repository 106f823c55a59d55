import {setTimeout as delay} from 'node:timers/promises';
import type {Connection} from '../../rpc/connection.ts';
import {KmsConnectionError} from '../client-errors.ts';
import {connectIpc, NotReachedError, type IpcPartner} from './ipc-connection.ts';

export interface IpcLinkOptions {
  /** How long it is tried to connect again where a connection has ended. */
  readonly reconnectMs: number;
}

const FIRST_DELAY_MS = 20;
const LONGEST_DELAY_MS = 1_000;

/** A connection to the server at a time: the next one is made when somebody asks for it. */
export class IpcLink {
  readonly #partner: IpcPartner;
  readonly #reconnectMs: number;
  readonly #closing = new AbortController();
  readonly #leaving = new Set<Connection>();
  #connection: Connection | undefined;
  #connecting: Promise<Connection> | undefined;

  constructor(partner: IpcPartner, {reconnectMs}: IpcLinkOptions) {
    this.#partner = partner;
    this.#reconnectMs = reconnectMs;
  }

  /** For the first time: it is tried once. @throws as `connectIpc` */
  async open(): Promise<void> {
    this.#connection = await this.#connect();
  }

  /** @throws as `connectIpc`; KmsConnectionError where it was closed */
  connected(): Promise<Connection> | Connection {
    if (this.#closing.signal.aborted) throw closed();
    if (this.#connection?.isOpen) return this.#connection;
    return (this.#connecting ??= this.#reconnect().finally(() => (this.#connecting = undefined)));
  }

  /** Asks nothing more over it; it ends when nothing is waited for any more. */
  leave(connection: Connection): void {
    if (this.#connection === connection) this.#connection = undefined;
    if (!connection.isOpen) return;
    this.#leaving.add(connection);
    this.settle(connection);
  }

  /** To be called where an answer has come. */
  settle(connection: Connection): void {
    if (connection.waiting > 0 || !this.#leaving.delete(connection)) return;
    // Once what it said last is written: that it leaves.
    setImmediate(() => connection.end());
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#connection?.end();
    for (const connection of this.#leaving) connection.end();
    await this.#connecting?.catch(() => undefined);
  }

  async #connect(): Promise<Connection> {
    const connection = await connectIpc(this.#partner, (left) => this.leave(left));
    if (!this.#closing.signal.aborted) return connection;
    connection.end();
    throw closed();
  }

  async #reconnect(): Promise<Connection> {
    const until = performance.now() + this.#reconnectMs;
    for (let wait = FIRST_DELAY_MS; ; wait = Math.min(2 * wait, LONGEST_DELAY_MS)) {
      try {
        return (this.#connection = await this.#connect());
      } catch (error) {
        // Who was refused will be again.
        if (!(error instanceof NotReachedError)) throw error;
        // Not all that lost the server come back at the same moment.
        const ms = wait * (0.5 + Math.random());
        if (performance.now() + ms > until) throw error;
        await delay(ms, undefined, {signal: this.#closing.signal}).catch(() => {
          throw closed();
        });
      }
    }
  }
}

function closed(): KmsConnectionError {
  return new KmsConnectionError('The connection is closed.');
}
