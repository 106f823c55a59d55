import type {Socket} from 'node:net';
import type {Logger} from 'pino';
import {
  IpcSocketError,
  isInPlace,
  listenForIpc,
  stopListening,
  type IpcListening,
  type IpcPlace,
} from './ipc-socket.ts';

export interface IpcListenerOptions {
  readonly place: IpcPlace;
  readonly log: Logger;
  readonly onConnection: (socket: Socket) => void;
  /** There is no room for one that wanted to connect. */
  readonly onDrop: () => void;
  /** Where the socket cannot be made now, it is tried again and again. Default: it is an error */
  readonly waits?: boolean;
  /** How often it is looked whether all is as it was. */
  readonly checkMs?: number;
}

const CHECK_MS = 1_000;

/**
 * Listens on the IPC socket, and makes it again where somebody has deleted it. While its directory is another user's, or open to others,
 * or another server has the socket, nobody is let in; the log says so.
 */
export class IpcListener {
  readonly #options: IpcListenerOptions;
  #timer: NodeJS.Timeout | undefined;
  #listening: IpcListening | undefined;
  #check: Promise<void> = Promise.resolve();
  #trouble: string | undefined;

  private constructor(options: IpcListenerOptions) {
    this.#options = options;
  }

  /** @throws IpcSocketError */
  static async start(options: IpcListenerOptions): Promise<IpcListener> {
    const listener = new IpcListener(options);
    try {
      await listener.#listen();
    } catch (error) {
      if (!options.waits) throw error;
      listener.#tell(error);
    }
    // Not before: what is not made yet would be taken for gone, and made twice.
    listener.#lookAgain();
    return listener;
  }

  /** Takes no more connections. What was accepted goes on. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#check;
    await this.#stop();
  }

  async #listen(again = false): Promise<void> {
    const {place, log, onConnection, onDrop} = this.#options;
    this.#listening = await listenForIpc(place, onConnection, {again});
    this.#listening.server.on('error', (err) => log.error({err}, 'the IPC socket failed')).on('drop', onDrop);
  }

  #lookAgain(): void {
    this.#timer = setInterval(() => {
      this.#check = this.#check.then(() => this.#look());
    }, this.#options.checkMs ?? CHECK_MS).unref();
  }

  async #look(): Promise<void> {
    const {place, log} = this.#options;
    try {
      if (this.#listening && (await isInPlace(place, this.#listening))) return;
      await this.#stop();
      await this.#listen(true);
      this.#trouble = undefined;
      log.warn({path: place.path}, 'the IPC socket was made again');
    } catch (err) {
      await this.#stop().catch(() => undefined);
      this.#tell(err);
    }
  }

  #tell(err: unknown): void {
    const trouble = err instanceof Error ? err.message : 'unknown';
    const why = err instanceof IpcSocketError ? {reason: trouble} : {err};
    if (trouble !== this.#trouble) this.#options.log.error(why, 'nobody can connect to the IPC socket');
    this.#trouble = trouble;
  }

  async #stop(): Promise<void> {
    const listening = this.#listening;
    this.#listening = undefined;
    if (listening) await stopListening(this.#options.place, listening);
  }
}
