import type {Server, Socket} from 'node:net';
import {isDeepStrictEqual} from 'node:util';
import type {Logger} from 'pino';
import type {IpcClient} from '../admin/ipc-client.ts';
import {UnavailableError} from '../errors.ts';
import {admitClient, noRoom, type Admitted, type AdmissionOptions} from './ipc-admission.ts';
import type {IpcKeys} from './ipc-calls.ts';
import {HANDSHAKE_MS, MAX_CONNECTIONS_PER_CLIENT, STALL_MS} from './ipc-limits.ts';
import {Session} from './ipc-session.ts';
import {listenForIpc, type IpcPlace} from './ipc-socket.ts';

export interface IpcServerOptions extends Pick<AdmissionOptions, 'judge' | 'maxDelegationTtlMs'> {
  readonly place: IpcPlace;
  readonly keys: IpcKeys;
  /** The register. @throws where it cannot be read now */
  readonly readClients: () => Promise<readonly IpcClient[]>;
  readonly log: Logger;
  readonly handshakeMs?: number;
  readonly stallMs?: number;
}

/** How long calls may take to end when the server does. */
const STOP_MS = 5_000;

/** Keys for applications on this host, over a Unix socket (docs/adr/0028-ipc.md). */
export class IpcServer {
  readonly #options: IpcServerOptions;
  readonly #sockets = new Set<Socket>();
  readonly #sessions = new Set<Session>();
  #clients: Promise<ReadonlyMap<string, IpcClient>> | undefined;
  #server: Server | undefined;

  private constructor(options: IpcServerOptions) {
    this.#options = options;
  }

  /** @throws IpcSocketError */
  static async start(options: IpcServerOptions): Promise<IpcServer> {
    const ipc = new IpcServer(options);
    ipc.#server = await listenForIpc(options.place, (socket) => void ipc.#serve(socket));
    ipc.#server.on('error', (err) => options.log.error({err}, 'the IPC socket failed'));
    return ipc;
  }

  /** The register was changed: connections of clients that are not the same any more end. @throws as `readClients` */
  async reload(): Promise<void> {
    this.#clients = undefined;
    try {
      const clients = await this.#known();
      for (const session of this.#sessions) {
        const {client} = session.admitted;
        if (!isDeepStrictEqual(clients.get(client.name), client)) session.end();
      }
    } catch (error) {
      for (const session of this.#sessions) session.end();
      throw error;
    }
  }

  /** Takes no more connections, so that another process can. */
  async retire(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    // What it has accepted goes on.
    server?.close();
  }

  /** Answers what was asked, and ends. */
  async close(): Promise<void> {
    await this.retire();
    const until = performance.now() + STOP_MS;
    const isAtWork = (): boolean => [...this.#sessions].some(({answering}) => answering > 0);
    while (isAtWork() && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 20));
    for (const socket of this.#sockets) socket.end();
    setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, 100).unref();
  }

  async #serve(socket: Socket): Promise<void> {
    const {log, keys, judge, maxDelegationTtlMs, handshakeMs = HANDSHAKE_MS} = this.#options;
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy()).on('close', () => this.#sockets.delete(socket));
    const timer = setTimeout(() => socket.destroy(), handshakeMs);
    try {
      const admitted = await admitClient(socket.resume(), {
        ...{judge, maxDelegationTtlMs, now: keys.now},
        findClient: async (name) => (await this.#known()).get(name),
        assertRoom: (client) => this.#assertRoom(client),
      });
      await this.#assertStillKnown(admitted);
      this.#begin(socket, admitted);
    } catch (error) {
      log.warn(
        {reason: error instanceof Error ? error.message : 'unknown', err: error},
        'IPC client refused',
      );
      // What was said is written first.
      socket.end(() => socket.destroy());
    } finally {
      clearTimeout(timer);
    }
  }

  #begin(socket: Socket, admitted: Admitted): void {
    const {keys, log, stallMs = STALL_MS} = this.#options;
    if (socket.destroyed) return;
    const {client, manifest} = admitted;
    log.info({client: client.name, ...(manifest && {build: manifest.id})}, 'IPC client connected');
    const session = new Session(socket, admitted, {
      ...{keys, log, stallMs},
      onEnd: () => {
        this.#sessions.delete(session);
        socket.destroySoon();
      },
    });
    this.#sessions.add(session);
  }

  /** It may have been removed while it was admitted. */
  async #assertStillKnown({client}: Admitted): Promise<void> {
    let reading;
    let clients;
    do {
      reading = this.#known();
      clients = await reading;
    } while (reading !== this.#clients);
    if (!isDeepStrictEqual(clients.get(client.name), client))
      throw new UnavailableError('The client was changed.');
  }

  #assertRoom({name}: IpcClient): void {
    let connections = 0;
    for (const {admitted} of this.#sessions) if (admitted.client.name === name) connections++;
    if (connections >= MAX_CONNECTIONS_PER_CLIENT) throw noRoom();
  }

  /** Read once, until it changes; where it cannot be read it is tried again the next time. */
  #known(): Promise<ReadonlyMap<string, IpcClient>> {
    const reading = (this.#clients ??= this.#options
      .readClients()
      .then((clients) => new Map(clients.map((client) => [client.name, client]))));
    reading.catch(() => {
      if (this.#clients === reading) this.#clients = undefined;
    });
    return reading;
  }
}
