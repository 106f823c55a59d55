import type {IncomingMessage, ServerResponse} from 'node:http';
import type {Socket} from 'node:net';
import {MAX_PIPELINED} from './limits.ts';
import {endsConnection} from './read-head.ts';

/** The requests of each connection that are being answered. */
export class Pipelines {
  readonly #answering = new WeakMap<Socket, number>();
  /** After those of them that are being answered there are no others. */
  readonly #ended = new WeakSet<Socket>();

  /** @returns whether the request is to be answered: it is not where the connection ends with one before it */
  begin(req: IncomingMessage, res: ServerResponse): boolean {
    const {socket} = req;
    if (this.#ended.has(socket)) return false;
    const answering = (this.#answering.get(socket) ?? 0) + 1;
    this.#answering.set(socket, answering);
    if (answering === MAX_PIPELINED || endsConnection(req)) {
      this.#ended.add(socket);
      res.setHeader('Connection', 'close');
    }
    return true;
  }

  /** For each that was begun. */
  end({socket}: IncomingMessage): void {
    this.#answering.set(socket, (this.#answering.get(socket) ?? 1) - 1);
  }
}
