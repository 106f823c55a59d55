import {mkdtemp, rm} from 'node:fs/promises';
import {Agent} from 'node:https';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {OfficialClients} from '../official-clients/official-clients.ts';
import type {DatabaseServer} from '../support/database-server.ts';
import type {Random} from '../support/random.ts';
import {freePort} from './free-port.ts';
import {type AtOnce, type Interrupted, killWhileBusy} from './kill-while-busy.ts';
import {ServerProcess, type ServerProcessOptions} from './server-process.ts';

/** A server of databases. */
export type DatabaseSource = Pick<DatabaseServer, 'createDatabase' | 'dropDatabase'>;

export interface CrashingServerOptions {
  /** Default: SQLite */
  readonly databases?: DatabaseSource | undefined;
  /** Requests while it is killed. Default: several */
  readonly atOnce?: AtOnce | undefined;
  /** Settings, besides its place and its database. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** One server, by its data directory, its database and its URL, that is killed and started again. */
export class CrashingServer {
  readonly #options: ServerProcessOptions;
  readonly #dropDatabase: () => Promise<void>;
  readonly #atOnce: AtOnce | undefined;
  #process: ServerProcess;
  #clients: OfficialClients;

  private constructor(
    options: ServerProcessOptions,
    process: ServerProcess,
    dropDatabase: () => Promise<void>,
    atOnce: AtOnce | undefined,
  ) {
    this.#options = options;
    this.#dropDatabase = dropDatabase;
    this.#atOnce = atOnce;
    this.#process = process;
    this.#clients = clientsOf(process);
  }

  /** On a new database of `databases`. */
  static async start({databases, atOnce, environment}: CrashingServerOptions = {}): Promise<CrashingServer> {
    const dataDir = await mkdtemp(join(tmpdir(), 'webkms-crash-'));
    const url = await databases?.createDatabase();
    const options: ServerProcessOptions = {
      dataDir,
      port: await freePort(),
      environment: {...environment, ...(url !== undefined && {WEBKMS_STORAGE: url})},
    };
    const dropDatabase = async (): Promise<void> => {
      if (url !== undefined) await databases?.dropDatabase(url);
    };
    return new CrashingServer(options, await ServerProcess.start(options), dropDatabase, atOnce);
  }

  /** Clients of the running process, without connections to those that were killed. */
  get clients(): OfficialClients {
    return this.#clients;
  }

  /** Does `work` over and over, several at a time, until the server is killed with SIGKILL; then starts it again. */
  async crashDuring<T>(random: Random, work: () => Promise<T>): Promise<Interrupted<T>> {
    const interrupted = await killWhileBusy(this.#process, random, work, this.#atOnce);
    await this.#restart();
    return interrupted;
  }

  /** Kills the server at once, and starts it again. */
  async crash(): Promise<void> {
    await this.#process.kill();
    await this.#restart();
  }

  async remove(): Promise<void> {
    await this.#process.stop();
    await this.#dropDatabase();
    await rm(this.#options.dataDir, {recursive: true, force: true});
  }

  async #restart(): Promise<void> {
    this.#process = await ServerProcess.start(this.#options);
    this.#clients = clientsOf(this.#process);
  }
}

function clientsOf({url, ca}: ServerProcess): OfficialClients {
  return new OfficialClients({url, httpsAgent: new Agent({ca, keepAlive: true})});
}
