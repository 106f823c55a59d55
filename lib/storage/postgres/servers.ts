import {NewestTimeline} from './timeline.ts';

export interface Server {
  readonly host: string;
  readonly port: number;
}

/** Host and port, for people. */
export const nameOf = ({host, port}: Server): string =>
  host.startsWith('/') ? host : `${host.includes(':') ? `[${host}]` : host}:${port}`;

/** The servers of which one takes writes, as the URL names them, and the one that is thought to be it. */
export class Servers {
  readonly newestTimeline = new NewestTimeline();
  readonly #servers: readonly Server[];
  #place = 0;

  constructor(servers: readonly Server[]) {
    this.#servers = servers;
  }

  get count(): number {
    return this.#servers.length;
  }

  get current(): Server {
    const server = this.#servers[this.#place];
    if (!server) throw new TypeError('There is at least one server.');
    return server;
  }

  /** It could not be used: it is the next one's turn, unless another has seen to that. */
  leave(server: Server): void {
    if (server === this.current) this.#place = (this.#place + 1) % this.#servers.length;
  }
}
