import {readFileSync} from 'node:fs';
import type {Agent} from 'node:https';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {signing} from '../demonstrations/population.ts';
import {WorkersServer, type WorkersServerOptions} from '../processes/workers-server.ts';
import {RawClient} from '../support/raw-client.ts';
import {keyProcessesOf} from './key-process-of.ts';

/** What `populate` takes. */
export interface Population {
  readonly port: number;
  readonly ca: string;
  readonly baseUrl: string;
}

/** A server of two workers, each with a key process of its own. */
export class IsolatedWorkers {
  readonly server: WorkersServer;

  private constructor(server: WorkersServer) {
    this.server = server;
  }

  static async start({environment, ...options}: WorkersServerOptions = {}): Promise<IsolatedWorkers> {
    const all = {WEBKMS_ISOLATION: 'process', WEBKMS_SELF_CHECK: 'off', ...environment};
    return new IsolatedWorkers(await WorkersServer.start({...options, environment: all}));
  }

  get keyProcesses(): readonly number[] {
    return keyProcessesOf(this.server.pid);
  }

  get population(): Population {
    const {port, url, dataDir} = this.server;
    return {port, baseUrl: url, ca: readFileSync(join(dataDir, 'tls.crt'), 'utf8')};
  }

  /** Of a worker's number. */
  keyProcess(number: number): number {
    return this.keyProcesses.find((pid) => title(pid) === `webkms keys ${number}`) ?? 0;
  }

  worker(number: number): number {
    return this.server.workers.find((pid) => title(pid) === `webkms worker ${number}`) ?? 0;
  }

  /** Until the worker of that number has another key process, which has opened what it could. */
  async another(number: number, before: number): Promise<void> {
    await this.server.until(() => ![0, before].includes(this.keyProcess(number)));
    await this.server.until(async () => {
      const sealed = await this.sealed().catch(() => [undefined]);
      return sealed.every((one) => one !== undefined);
    });
  }

  /** By workers; without those that have their last requests. */
  async sealed(): Promise<(boolean | undefined)[]> {
    const workers = await this.server.workerStatus();
    return workers.filter(({state}) => state !== 'leaving').map(({sealed}) => sealed);
  }

  async unseal(shares: readonly string[]): Promise<void> {
    for (const share of shares) await this.server.admin(['unseal'], `${share}\n`);
  }

  /** A connection to each of the workers, by their numbers. */
  async agents(): Promise<ReadonlyMap<number, Agent>> {
    const agents = new Map<number, Agent>();
    while (agents.size < 2) {
      const agent = this.server.agent({maxSockets: 1});
      agents.set(await this.server.workerOf(await this.server.get('/health/live', agent)), agent);
    }
    return agents;
  }

  /** Connections to one worker. */
  async clientsOf(number: number, count: number): Promise<readonly RawClient[]> {
    const clients: RawClient[] = [];
    while (clients.length < count) {
      const client = new RawClient(this.population);
      const {status, headers} = await client.send({
        method: 'GET',
        target: '/health/live',
        headers: [['host', `localhost:${this.server.port}`]],
      });
      const requestId = headers['x-request-id'] ?? '';
      if ((await this.server.workerOf({status, requestId})) === number) clients.push(client);
      else client.close();
    }
    return clients;
  }

  /** Of the workers that take connections. */
  async numbers(): Promise<readonly number[]> {
    const workers = await this.server.workerStatus();
    return workers.filter(({state}) => state === 'listening').map(({number}) => number);
  }

  /** What each worker answers to a request to sign. */
  async sign(url: string): Promise<readonly number[]> {
    const statuses: number[] = [];
    for (const number of await this.numbers()) {
      const [client] = await this.clientsOf(number, 1);
      statuses.push((await client?.send(signing(url)))?.status ?? 0);
      client?.close();
    }
    return statuses;
  }
}

/** What is answered, counted by status; 0 where there is no whole answer. */
export class Tally {
  readonly counts = new Map<number, number>();
  #isOver = false;

  /** Asks over the connection until `stop`. */
  async ask(client: RawClient, url: string): Promise<void> {
    while (!this.#isOver) {
      const status = await client.send(signing(url)).then(
        (answer) => answer.status,
        () => 0,
      );
      this.counts.set(status, (this.counts.get(status) ?? 0) + 1);
      if (status !== 200) await sleep(10);
    }
    client.close();
  }

  stop(): void {
    this.#isOver = true;
  }

  get statuses(): readonly number[] {
    return [...this.counts.keys()].sort((a, b) => a - b);
  }
}

export function title(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}
