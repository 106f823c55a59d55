import {mkdtemp, rm} from 'node:fs/promises';
import {Agent} from 'node:https';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {OfficialClients} from '../official-clients/official-clients.ts';
import type {Random} from '../support/random.ts';
import {freePort} from './free-port.ts';
import {killWhileBusy, type Interrupted} from './kill-while-busy.ts';
import {ServerProcess, type ServerProcessOptions} from './server-process.ts';

/** One server, by its data directory and its URL, that is killed and started again. */
export class CrashingServer {
  readonly #options: ServerProcessOptions;
  #process: ServerProcess;
  #clients: OfficialClients;

  private constructor(options: ServerProcessOptions, process: ServerProcess) {
    this.#options = options;
    this.#process = process;
    this.#clients = clientsOf(process);
  }

  static async start(): Promise<CrashingServer> {
    const dataDir = await mkdtemp(join(tmpdir(), 'webkms-crash-'));
    const options = {dataDir, port: await freePort()};
    return new CrashingServer(options, await ServerProcess.start(options));
  }

  /** Clients of the running process, without connections to those that were killed. */
  get clients(): OfficialClients {
    return this.#clients;
  }

  /** Does `work` over and over, several at a time, until the server is killed with SIGKILL; then starts it again. */
  async crashDuring<T>(random: Random, work: () => Promise<T>): Promise<Interrupted<T>> {
    const interrupted = await killWhileBusy(this.#process, random, work);
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
