import {Resolver} from 'node:dns/promises';
import {isIP, Socket} from 'node:net';

type Connect = (this: Socket, ...args: unknown[]) => Socket;
type Lookup = (this: Resolver, host: string) => Promise<string[]>;

/** An address that is public to whoever asks, and leads nowhere: connections to it go to the loopback interface. */
export const PUBLIC_ADDRESS = '93.184.215.14';

/**
 * Watches every connection that this process opens and every name that it asks the DNS for: servers run in it, so what they
 * fetch shows here. Nothing leaves the machine. Connections to the servers under test are not counted.
 */
export class OutboundWatch {
  /** `connect host:port` and `resolve name`, in order. */
  readonly attempts: string[] = [];
  /** What the DNS knows. */
  readonly addresses = new Map<string, string>();
  /** Ports of the servers that tests speak to. */
  readonly known = new Set<number>();
  readonly #undo: (() => void)[] = [];

  start(): void {
    this.#watchConnections();
    this.#watchNames('resolve4', (host) => this.#resolve(host));
    this.#watchNames('resolve6', async () => []);
  }

  stop(): void {
    for (const undo of this.#undo.splice(0)) undo();
  }

  #watchConnections(): void {
    const prototype = Socket.prototype as unknown as {connect: Connect};
    const {connect} = prototype;
    const watch = (args: unknown[]): unknown[] => this.#redirect(args);
    prototype.connect = function (...args) {
      return connect.apply(this, watch(args));
    };
    this.#undo.push(() => (prototype.connect = connect));
  }

  #watchNames(name: 'resolve4' | 'resolve6', answer: (host: string) => Promise<string[]>): void {
    const prototype = Resolver.prototype as unknown as Record<typeof name, Lookup>;
    const original = prototype[name];
    prototype[name] = answer;
    this.#undo.push(() => (prototype[name] = original));
  }

  async #resolve(host: string): Promise<string[]> {
    this.attempts.push(`resolve ${host}`);
    const address = this.addresses.get(host);
    return address === undefined ? [] : [address];
  }

  /** `net.connect` hands over its arguments as one array, TLS as they are. */
  #redirect(args: unknown[]): unknown[] {
    const [first] = args;
    const options = (Array.isArray(first) ? first[0] : first) as {
      host?: string;
      port?: number;
      path?: string;
    };
    if (options.path !== undefined && options.port === undefined) return args;
    if (this.known.has(Number(options.port))) return args;
    this.attempts.push(`connect ${options.host ?? ''}:${options.port ?? ''}`);
    const loopback = {
      ...options,
      ...(isIP(options.host ?? '') !== 0 && {host: '127.0.0.1'}),
      lookup: toLoopback,
    };
    if (!Array.isArray(first)) return [loopback, ...args.slice(1)];
    const normalized = first as unknown[];
    normalized[0] = loopback;
    return args;
  }
}

function toLoopback(
  _host: string,
  {all}: {readonly all?: boolean},
  callback: (error: null, addresses: unknown, family?: number) => void,
): void {
  if (all) callback(null, [{address: '127.0.0.1', family: 4}]);
  else callback(null, '127.0.0.1', 4);
}
