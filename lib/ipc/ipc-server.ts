import type {Socket} from 'node:net';
import {isDeepStrictEqual} from 'node:util';
import type {Logger} from 'pino';
import type {IpcClient} from '../admin/ipc-client.ts';
import {toKmsError, UnavailableError} from '../errors.ts';
import {ProtocolError} from '../rpc/protocol-error.ts';
import type {Metrics} from '../observability/metrics.ts';
import {describeRefusal, refusalReason} from '../observability/refusal.ts';
import {admitClient, noRoom, type Admitted, type AdmissionOptions} from './ipc-admission.ts';
import type {IpcKeys} from './ipc-calls.ts';
import {
  HANDSHAKE_MS,
  MAX_CONNECTIONS_PER_CLIENT,
  MAX_STRANGERS,
  MAX_WORK_BYTES,
  STALL_MS,
} from './ipc-limits.ts';
import {IpcListener} from './ipc-listener.ts';
import {callRecorder, type RecordCall} from './ipc-log.ts';
import {Session} from './ipc-session.ts';
import type {IpcPlace} from './ipc-socket.ts';
import {WorkInHand} from './work-in-hand.ts';

export interface IpcServerOptions extends Pick<AdmissionOptions, 'judge' | 'maxDelegationTtlMs'> {
  readonly place: IpcPlace;
  readonly keys: IpcKeys;
  /** The register. @throws where it cannot be read now */
  readonly readClients: () => Promise<readonly IpcClient[]>;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly handshakeMs?: number;
  readonly stallMs?: number;
  /** As of `IpcListener`. */
  readonly waits?: boolean;
  readonly checkMs?: number;
  /** How long calls may take to end when the server does. */
  readonly stopMs?: number;
}

const REFUSED = 'IPC client refused';
/** How long calls may take to end when the server does, and a client that has none under way to leave. */
const STOP_MS = 5_000;
const LEAVE_MS = 1_000;
/** A flood must not become a flood of lines: metrics count it. */
const SAY_FULL_MS = 10_000;

/** Keys for applications on this host, over a Unix socket (docs/adr/0028-ipc.md). */
export class IpcServer {
  readonly #options: IpcServerOptions;
  /** Who has not proven yet who it is, the eldest first. */
  readonly #strangers = new Map<Socket, (why: string) => void>();
  readonly #sessions = new Set<Session>();
  readonly #work = new WorkInHand(MAX_WORK_BYTES);
  readonly #record: RecordCall;
  #clients: Promise<ReadonlyMap<string, IpcClient>> | undefined;
  #listener: IpcListener | undefined;
  #saidFullAt = -Infinity;

  private constructor(options: IpcServerOptions) {
    this.#options = options;
    this.#record = callRecorder(options);
  }

  /** @throws IpcSocketError */
  static async start(options: IpcServerOptions): Promise<IpcServer> {
    const ipc = new IpcServer(options);
    const {place, log, waits = false, checkMs} = options;
    ipc.#listener = await IpcListener.start({
      ...{place, log, waits, onConnection: (socket) => void ipc.#serve(socket), onDrop: () => ipc.#full()},
      ...(checkMs !== undefined && {checkMs}),
    });
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

  /** Takes no more connections, so that another process can; those that are there end when what was asked is answered. */
  async retire(): Promise<void> {
    const listener = this.#listener;
    this.#listener = undefined;
    await listener?.stop();
    for (const session of this.#sessions) session.leave();
  }

  /** Answers what was asked, and ends. */
  async close(): Promise<void> {
    await this.retire();
    for (const giveUp of this.#strangers.values()) giveUp('stopping');
    const startedAt = performance.now();
    const {stopMs = STOP_MS} = this.#options;
    const isWaitedFor = ({answering}: Session): boolean =>
      performance.now() - startedAt < (answering > 0 ? stopMs : LEAVE_MS);
    while ([...this.#sessions].some(isWaitedFor)) await new Promise((resolve) => setTimeout(resolve, 20));
    for (const session of this.#sessions) session.finish(LEAVE_MS);
  }

  #full(): void {
    const {log, metrics} = this.#options;
    metrics.ipcRefusal('connections');
    if (performance.now() - this.#saidFullAt < SAY_FULL_MS) return;
    this.#saidFullAt = performance.now();
    log.warn({}, 'there are as many IPC connections as there may be');
  }

  async #serve(socket: Socket): Promise<void> {
    const {keys, judge, maxDelegationTtlMs, handshakeMs = HANDSHAKE_MS} = this.#options;
    socket.on('error', () => socket.destroy()).on('close', () => this.#strangers.delete(socket));
    let givenUp: string | undefined;
    const giveUp = (why: string): void => {
      givenUp ??= why;
      socket.destroy();
    };
    this.#strangers.set(socket, giveUp);
    if (this.#strangers.size > MAX_STRANGERS) this.#strangers.values().next().value?.('strangers');
    const timer = setTimeout(giveUp, handshakeMs, 'timeout');
    let claimed: string | undefined;
    try {
      const admitted = await admitClient(socket.resume(), {
        ...{judge, maxDelegationTtlMs, now: keys.now},
        findClient: async (name) => {
          const client = (await this.#known()).get(name);
          claimed = client?.name;
          return client;
        },
        assertRoom: (client) => this.#assertRoom(client),
      });
      await this.#assertStillKnown(admitted);
      this.#begin(socket, admitted);
    } catch (error) {
      this.#refused(error, {claimed, givenUp});
      // What was said is written first.
      socket.end(() => socket.destroy());
    } finally {
      clearTimeout(timer);
      this.#strangers.delete(socket);
    }
  }

  #refused(
    error: unknown,
    {claimed, givenUp}: {readonly claimed: string | undefined; readonly givenUp: string | undefined},
  ): void {
    const {log, metrics} = this.#options;
    // The name is one of the register: no stranger's words.
    const who = claimed === undefined ? {} : {client: claimed};
    if (givenUp !== undefined || error instanceof ProtocolError) {
      const reason = givenUp ?? 'protocol';
      metrics.ipcRefusal(reason);
      // Whoever can connect can do so, as often as they like.
      const level = claimed === undefined ? 'debug' : 'warn';
      log[level]({...who, reason, ...(error instanceof Error && {why: error.message})}, REFUSED);
      return;
    }
    const known = toKmsError(error);
    metrics.ipcRefusal(refusalReason(known));
    log.warn({...who, ...describeRefusal(known, log)}, REFUSED);
  }

  #begin(socket: Socket, admitted: Admitted): void {
    const {keys, log, metrics, stallMs = STALL_MS} = this.#options;
    if (socket.destroyed) return;
    const {client, manifest} = admitted;
    // Others may have come meanwhile.
    this.#assertRoom(client);
    log.info({client: client.name, ...(manifest && {build: manifest.id})}, 'IPC client connected');
    const session = new Session(socket, admitted, {
      ...{keys, log, stallMs, record: this.#record, work: this.#work},
      onEnd: () => {
        this.#sessions.delete(session);
        metrics.ipcConnections(this.#sessions.size);
        socket.destroySoon();
      },
    });
    this.#sessions.add(session);
    metrics.ipcConnections(this.#sessions.size);
    // It came while the server was about to stop.
    if (!this.#listener) session.leave();
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
