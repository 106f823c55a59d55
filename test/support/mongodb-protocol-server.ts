import {randomBytes} from 'node:crypto';
import {existsSync} from 'node:fs';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {MongoClient} from 'mongodb';
import type {DatabaseServer} from './database-server.ts';
import {WatchedProcess} from './watched-process.ts';

export interface Launch {
  readonly command: string;
  /** The port comes after them, 0 for any. */
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** A server of MongoDB's protocol, on the loopback interface and without passwords, that writes the port on which it listens. */
export class MongodbProtocolServer implements DatabaseServer {
  readonly name: string;
  /** Says how it is started, with a directory of its own. */
  readonly #describe: (directory: string) => Launch | Promise<Launch>;
  #running:
    | {
        readonly process: WatchedProcess;
        readonly port: number;
        readonly directory: string;
        readonly launch: Launch;
      }
    | undefined;

  constructor(name: string, describe: (directory: string) => Launch | Promise<Launch>) {
    this.name = name;
    this.#describe = describe;
  }

  get port(): number {
    return this.#state.port;
  }

  get pid(): number {
    return this.#state.process.pid;
  }

  async ensureStarted(): Promise<void> {
    if (this.#running) return;
    const directory = await mkdtemp(join(tmpdir(), 'webkms-mongodb-'));
    await this.#start(directory, await this.#describe(directory), 0);
  }

  async createDatabase(): Promise<string> {
    return Promise.resolve(databaseUrl(`mongodb://127.0.0.1:${this.port}/`));
  }

  async dropDatabase(url: string): Promise<void> {
    await dropMongodbDatabase(url);
  }

  async halt(signal: 'SIGKILL' | 'SIGTERM' = 'SIGTERM'): Promise<void> {
    await this.#state.process.end(signal);
  }

  async resume(): Promise<void> {
    await this.#start(this.#state.directory, this.#state.launch, this.port);
  }

  async restart(): Promise<void> {
    await this.halt();
    await this.resume();
  }

  async stop(): Promise<void> {
    if (!this.#running) return;
    await this.halt();
    await rm(this.#running.directory, {recursive: true, force: true});
    this.#running = undefined;
  }

  get #state() {
    if (!this.#running) throw new Error(`${this.name} was not started.`);
    return this.#running;
  }

  async #start(directory: string, launch: Launch, port: number): Promise<void> {
    const args = [...launch.args, String(port)];
    const {process, matched} = await WatchedProcess.start(
      {...launch, args, directory},
      /^listening on (\d+)$/,
    );
    this.#running = {process, port: Number(matched[1]), directory, launch};
  }
}

/** The URL with the name of a new database. */
export function databaseUrl(serverUrl: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/webkms_${randomBytes(8).toString('hex')}`;
  return url.href;
}

export async function dropMongodbDatabase(url: string): Promise<void> {
  const client = await MongoClient.connect(url);
  try {
    await client.db().dropDatabase();
  } finally {
    await client.close();
  }
}

/** Where test/servers/install put the server, if it did. */
export function installed(server: string): string | undefined {
  const cache =
    process.env['WEBKMS_TEST_SERVERS'] ?? fileURLToPath(new URL('../../.test-servers', import.meta.url));
  const folder = join(cache, server);
  return existsSync(folder) ? folder : undefined;
}
