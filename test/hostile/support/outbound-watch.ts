import {Resolver} from 'node:dns/promises';
import {isIP, Socket} from 'node:net';

type Connect = (this: Socket, ...args: unknown[]) => Socket;
type Lookup = (this: Resolver, host: string) => Promise<string[]>;

/** An address that is public to whoever asks, and leads nowhere: connections to it go to the loopback interface. */
export const PUBLIC_ADDRESS = '93.184.215.14';

/** Those that watch just now. They may stop in any order: the process is changed for the first, and put back after the last. */
const watching = new Set<OutboundWatch>();
let putBack = (): void => undefined;

/**
 * Watches every connection that this process opens and every name that it asks the DNS for: servers run in it, so what they
 * fetch shows here. Nothing leaves the machine. Connections to the servers under test, also to those of another watch, are
 * not counted. Where there are several, each sees all.
 */
export class OutboundWatch {
  /** `connect host:port` and `resolve name`, in order. */
  readonly attempts: string[] = [];
  /** What the DNS knows. */
  readonly addresses = new Map<string, string>();
  /** Ports of the servers that tests speak to. */
  readonly known = new Set<number>();

  start(): void {
    watching.add(this);
    if (watching.size === 1) putBack = watchProcess();
  }

  stop(): void {
    if (watching.delete(this) && watching.size === 0) putBack();
  }
}

function watchProcess(): () => void {
  const sockets = Socket.prototype as unknown as {connect: Connect};
  const resolvers = Resolver.prototype as unknown as Record<'resolve4' | 'resolve6', Lookup>;
  const {connect} = sockets;
  const {resolve4, resolve6} = resolvers;
  sockets.connect = function (...args) {
    return connect.apply(this, redirect(args));
  };
  resolvers.resolve4 = async (host) => resolve(host);
  resolvers.resolve6 = async () => [];
  return () => {
    sockets.connect = connect;
    Object.assign(resolvers, {resolve4, resolve6});
  };
}

function count(attempt: string): void {
  for (const watch of watching) watch.attempts.push(attempt);
}

function resolve(host: string): string[] {
  count(`resolve ${host}`);
  return [...watching].flatMap(({addresses}) => addresses.get(host) ?? []);
}

/** `net.connect` hands over its arguments as one array, TLS as they are. */
function redirect(args: unknown[]): unknown[] {
  const [first] = args;
  const options = (Array.isArray(first) ? first[0] : first) as {
    host?: string;
    port?: number;
    path?: string;
  };
  if (options.path !== undefined && options.port === undefined) return args;
  if ([...watching].some(({known}) => known.has(Number(options.port)))) return args;
  count(`connect ${options.host ?? ''}:${options.port ?? ''}`);
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

function toLoopback(
  _host: string,
  {all}: {readonly all?: boolean},
  callback: (error: null, addresses: unknown, family?: number) => void,
): void {
  if (all) callback(null, [{address: '127.0.0.1', family: 4}]);
  else callback(null, '127.0.0.1', 4);
}
