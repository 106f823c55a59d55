import {once} from 'node:events';
import {lstat, unlink} from 'node:fs/promises';
import type {Server} from 'node:http';
import {join} from 'node:path';
import type {Logger} from 'pino';
import {errorCode} from '../error-code.ts';
import {listenPrivately, lookAtSocket} from '../unix-socket.ts';
import {AdminError} from './admin-operation.ts';
import {adminSocketPath, type AdminSocketPath} from './admin-socket-path.ts';

export interface ListenerOptions {
  /** The caller holds its lock: so a socket that lies there is a dead server's. */
  readonly dataDir: string;
  readonly log: Logger;
  readonly createServer: () => Server;
  /** How often it is looked whether the socket is still there. */
  readonly checkIntervalMs: number;
}

/** Listens on a data directory's admin socket, and makes it again where somebody has deleted it. */
export class AdminSocketListener {
  readonly #options: ListenerOptions;
  readonly #servers = new Set<Server>();
  readonly #timer: NodeJS.Timeout;
  readonly #directory: string;
  #listening: {readonly server: Server; readonly place: AdminSocketPath};
  #check: Promise<void> = Promise.resolve();
  #trouble: string | undefined;

  private constructor(
    options: ListenerOptions,
    {directory, ...listening}: {directory: string; server: Server; place: AdminSocketPath},
  ) {
    this.#options = options;
    this.#directory = directory;
    this.#listening = listening;
    this.#servers.add(listening.server);
    this.#timer = setInterval(() => {
      this.#check = this.#check.then(() => this.#look());
    }, options.checkIntervalMs).unref();
  }

  /** @throws AdminError, `refused` where something else is in its place, or others could put something there */
  static async start(options: ListenerOptions): Promise<AdminSocketListener> {
    const listening = await listenAt(options);
    return new AdminSocketListener(options, {...listening, directory: await identify(options.dataDir)});
  }

  /** Takes no more connections. @returns what waits for those that are open, once `cut` has been called */
  async stop(): Promise<{readonly cut: () => Promise<void>}> {
    clearInterval(this.#timer);
    await this.#check;
    const servers = [...this.#servers];
    const closed = servers.map((server) => once(server, 'close'));
    this.#listening.server.close();
    return {
      cut: async () => {
        for (const server of servers) server.closeAllConnections();
        await Promise.all(closed);
        await this.#listening.place[Symbol.asyncDispose]();
      },
    };
  }

  async #look(): Promise<void> {
    const {dataDir, log} = this.#options;
    try {
      // Where the directory was moved, its socket went with it.
      if ((await identify(dataDir)) !== this.#directory) return;
      if (await isThere(this.#listening.place.path)) {
        this.#trouble = undefined;
        return;
      }
      const {server: before, place} = this.#listening;
      // This deletes what is by its name: before there is another one. What it has accepted goes on.
      before.once('close', () => this.#servers.delete(before));
      before.close();
      this.#listening = await listenAt(this.#options);
      this.#servers.add(this.#listening.server);
      await place[Symbol.asyncDispose]();
      this.#trouble = undefined;
      log.warn({}, 'the admin socket was deleted: it was made again');
    } catch (err) {
      const trouble = err instanceof Error ? err.message : 'unknown';
      if (trouble !== this.#trouble)
        log.error({err}, 'the admin socket was deleted, and cannot be made again');
      this.#trouble = trouble;
    }
  }
}

async function listenAt({
  dataDir,
  createServer,
  log,
}: ListenerOptions): Promise<{readonly server: Server; readonly place: AdminSocketPath}> {
  const place = await adminSocketPath(dataDir);
  const server = createServer();
  try {
    await removeStaleSocket(place.path, dataDir);
    await listenPrivately(server, place.path);
  } catch (error) {
    server.close();
    await place[Symbol.asyncDispose]();
    throw error;
  }
  server.on('error', (err) => log.error({err}, 'the admin socket failed'));
  return {server, place};
}

/** The socket of a server that was killed goes; whatever else lies there stays, and so does that of one that lives. */
async function removeStaleSocket(path: string, dataDir: string): Promise<void> {
  switch (await lookAtSocket(path)) {
    case 'free':
      return;
    case 'stale':
      return unlink(path);
    case 'no-socket':
      throw new AdminError('refused', `admin.sock in ${dataDir} is no socket, and in the way. Remove it.`);
    case 'in-use':
      throw new AdminError(
        'refused',
        `Another server runs on ${dataDir}, although nobody holds its lock: the file lock was deleted. Stop that server first.`,
      );
  }
}

/** Which directory it is, whatever its name; empty where there is none. */
async function identify(directory: string): Promise<string> {
  try {
    const {dev, ino} = await lstat(join(directory, '.'), {bigint: true});
    return `${dev}:${ino}`;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return '';
    throw error;
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}
