import {once} from 'node:events';
import {connect, createServer, type AddressInfo, type Server, type Socket} from 'node:net';

/**
 * What becomes of bytes that arrive: they are passed on (`undefined`), or the connection is cut, for whoever sent them at once, and for
 * whoever was to get them after none, half or all of them.
 */
export type Cut = 'before' | 'during' | 'after' | undefined;
export type DataHook = (data: Buffer) => Cut;

interface Link {
  readonly client: Socket;
  readonly server: Socket;
}

/** Stands between a client and a server on the loopback interface, and does what networks do. */
export class TcpProxy {
  /** Every byte arrives so many milliseconds late, in each direction. */
  delayMs = 0;
  readonly #target: {readonly host: string; readonly port: number};
  readonly #listener: Server;
  readonly #links = new Set<Link>();
  #hooks: {client?: DataHook | undefined; server?: DataHook | undefined} = {};
  #isRefusing = false;
  #held: (() => void)[] | undefined;

  private constructor(target: {readonly host: string; readonly port: number}) {
    this.#target = target;
    this.#listener = createServer({allowHalfOpen: true}, (client) => this.#accept(client));
  }

  static async start(target: {readonly host: string; readonly port: number}): Promise<TcpProxy> {
    const proxy = new TcpProxy(target);
    proxy.#listener.listen(0, '127.0.0.1');
    await once(proxy.#listener, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#listener.address() as AddressInfo).port;
  }

  /** How many connections there are. */
  get connections(): number {
    return this.#links.size;
  }

  /** The URL that leads here instead of to the server itself. */
  urlOf(url: string): string {
    const changed = new URL(url);
    changed.host = `127.0.0.1:${this.port}`;
    return changed.href;
  }

  /** Asked about all that clients send. It replaces the last one. */
  onClientData(hook: DataHook | undefined): void {
    this.#hooks.client = hook;
  }

  /** Asked about all that the server sends. */
  onServerData(hook: DataHook | undefined): void {
    this.#hooks.server = hook;
  }

  /** Resets every connection; new ones are let through. */
  cut(): void {
    for (const link of this.#links) this.#reset(link);
  }

  /** Whether new connections are reset at once; with `cut`, the server seems to be gone. */
  refuse(isRefusing: boolean): void {
    this.#isRefusing = isRefusing;
  }

  /** Whether bytes are kept back, in both directions: a network that is silent. They go on when it ends. */
  hold(isHolding: boolean): void {
    const held = this.#held;
    this.#held = isHolding ? (held ?? []) : undefined;
    if (!isHolding) for (const deliver of held ?? []) deliver();
  }

  /** Resolves when the server has closed every connection whose client is gone, and so has done what it does about it. */
  async settled(): Promise<void> {
    for (const {client, server} of this.#links) {
      if (client.destroyed && !server.closed) await new Promise((resolve) => server.once('close', resolve));
    }
  }

  async close(): Promise<void> {
    this.cut();
    this.#listener.close();
    await once(this.#listener, 'close');
  }

  #accept(client: Socket): void {
    if (this.#isRefusing) {
      client.on('error', () => undefined);
      client.resetAndDestroy();
      return;
    }
    const server = connect({...this.#target, allowHalfOpen: true, noDelay: true});
    client.setNoDelay(true);
    const link = {client, server};
    this.#links.add(link);
    for (const socket of [client, server]) {
      socket.on('error', () => this.#reset(link));
      socket.once('close', () => {
        if (client.closed && server.closed) this.#links.delete(link);
      });
    }
    this.#forward(link, 'client');
    this.#forward(link, 'server');
  }

  #forward(link: Link, from: 'client' | 'server'): void {
    const [source, target] = from === 'client' ? [link.client, link.server] : [link.server, link.client];
    // In order, whatever the delays: a timer delivers what has waited longest.
    const queue: (() => void)[] = [];
    const deliverNext = (): void => {
      if (this.#held) this.#held.push(deliverNext);
      else queue.shift()?.();
    };
    const later = (deliver: () => void): void => {
      queue.push(() => target.destroyed || deliver());
      if (this.delayMs > 0) setTimeout(deliverNext, this.delayMs);
      else deliverNext();
    };
    source.on('data', (data) => {
      const cut = this.#hooks[from]?.(data);
      if (cut === undefined) {
        later(() => target.write(data));
        return;
      }
      const sent = {before: 0, during: Math.floor(data.length / 2), after: data.length}[cut];
      source.resetAndDestroy();
      // An end and no reset, which would take back what was sent.
      later(() => target.end(data.subarray(0, sent)));
    });
    source.once('end', () => later(() => target.end()));
  }

  #reset({client, server}: Link): void {
    client.resetAndDestroy();
    server.resetAndDestroy();
  }
}
