import {spawn, type ChildProcessByStdio, type StdioOptions} from 'node:child_process';
import {once} from 'node:events';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import type {IncomingMessage} from 'node:http';
import {Agent, request} from 'node:https';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {Readable} from 'node:stream';
import {setTimeout as delay} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import type {AdminStatus} from '../../lib/admin/operations/status.ts';
import type {WorkerStatus} from '../../lib/processes/messages.ts';
import {freePort} from '../crash/free-port.ts';
import {OfficialClients} from '../official-clients/official-clients.ts';
import {adminCommand, type CommandOutcome} from '../support/admin-command.ts';
import {askAdmin} from '../support/ask-admin.ts';

const LAUNCHER = fileURLToPath(new URL('../../bin/webkms.js', import.meta.url));
const PATIENCE_MS = 120_000;

export interface LogLine {
  readonly msg: string;
  readonly level: string;
  readonly worker?: number;
  readonly requestId?: string;
  readonly pid?: number;
}

export interface WorkersServerOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** A directory that was there before. */
  readonly dir?: string;
  /** Of a server that was there before. */
  readonly port?: number;
  readonly stdio?: StdioOptions;
}

export interface Answer {
  readonly status: number;
  readonly requestId: string;
}

/** `webkms serve` with several workers, each test's own. */
export class WorkersServer {
  readonly dir: string;
  readonly port: number;
  readonly metricsPort: number;
  readonly url: string;
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  out = '';
  err = '';
  readonly exited: Promise<readonly [number | null, NodeJS.Signals | null]>;
  readonly #agents: Agent[] = [];

  private constructor(
    options: WorkersServerOptions,
    {port, metricsPort}: {port: number; metricsPort: number},
  ) {
    const {environment = {}, dir = mkdtempSync(join(tmpdir(), 'webkms-workers-'))} = options;
    this.dir = dir;
    this.port = port;
    this.metricsPort = metricsPort;
    this.url = `https://localhost:${port}`;
    this.child = spawn(process.execPath, [LAUNCHER, 'serve'], {
      stdio: options.stdio ?? ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        WEBKMS_WORKERS: '2',
        WEBKMS_DATA_DIR: this.dataDir,
        WEBKMS_BASE_URL: this.url,
        WEBKMS_LISTEN: `127.0.0.1:${port}`,
        WEBKMS_METRICS_LISTEN: `127.0.0.1:${metricsPort}`,
        WEBKMS_RATE_LIMIT: 'off',
        WEBKMS_LOG_LEVEL: 'debug',
        ...environment,
      },
    }) as ChildProcessByStdio<null, Readable, Readable>;
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => (this.out += text));
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => (this.err += text));
    this.exited = once(this.child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  }

  /** Does not wait for anything. */
  static async spawn(options: WorkersServerOptions = {}): Promise<WorkersServer> {
    return new WorkersServer(options, {
      port: options.port ?? (await freePort()),
      metricsPort: await freePort(),
    });
  }

  /** Resolves when it listens. */
  static async start(options: WorkersServerOptions = {}): Promise<WorkersServer> {
    const server = await WorkersServer.spawn(options);
    const ended = server.exited.then(() => {
      throw new Error(`The server did not start: ${server.err}`);
    });
    ended.catch(() => undefined);
    try {
      await Promise.race([server.until(() => server.out.includes('To stop it')), ended]);
      return server;
    } catch (error) {
      await server.remove();
      throw error;
    }
  }

  get dataDir(): string {
    return join(this.dir, 'data');
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get log(): readonly LogLine[] {
    return this.err
      .split('\n')
      .slice(0, -1)
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as LogLine);
  }

  /** The workers' processes, the eldest first. */
  get workers(): readonly number[] {
    return workersOf(this.pid);
  }

  /** A client's connections, kept alive; closed with the server. */
  agent(options: {readonly maxSockets?: number} = {}): Agent {
    const ca = readFileSync(join(this.dataDir, 'tls.crt'), 'utf8');
    const agent = new Agent({keepAlive: true, ca, ...options});
    this.#agents.push(agent);
    return agent;
  }

  clients(httpsAgent = this.agent()): OfficialClients {
    return new OfficialClients({url: this.url, httpsAgent});
  }

  /** @param agent absent: a connection of its own. Rejects where the connection breaks, and after a minute. */
  async get(path: string, agent?: Agent): Promise<Answer> {
    const own =
      agent ?? new Agent({keepAlive: false, ca: readFileSync(join(this.dataDir, 'tls.crt'), 'utf8')});
    const call = request(`${this.url}${path}`, {agent: own, timeout: 60_000});
    call.on('timeout', () => call.destroy(new Error('no answer')));
    call.end();
    const [response] = (await once(call, 'response')) as [IncomingMessage];
    response.resume();
    await once(response, 'end');
    return {status: response.statusCode ?? 0, requestId: String(response.headers['x-request-id'])};
  }

  /** Which worker has answered; the log says it. */
  async workerOf({requestId}: Answer): Promise<number> {
    const line = (): LogLine | undefined => this.log.find((candidate) => candidate.requestId === requestId);
    await this.until(() => line() !== undefined);
    return line()?.worker ?? 0;
  }

  async metrics(): Promise<string> {
    return (await fetch(`http://127.0.0.1:${this.metricsPort}/metrics`)).text();
  }

  /** A sample of the metrics. */
  async metric(sample: string): Promise<number> {
    const line = (await this.metrics()).split('\n').find((candidate) => candidate.startsWith(`${sample} `));
    return line === undefined ? NaN : Number(line.slice(sample.length));
  }

  /** Its workers, as it tells operators. */
  async workerStatus(): Promise<readonly WorkerStatus[]> {
    return ((await askAdmin(this.dataDir, 'status')) as AdminStatus).workers ?? [];
  }

  admin(args: readonly string[], input = ''): Promise<CommandOutcome> {
    return adminCommand(args, {dataDir: this.dataDir, input});
  }

  async until(condition: () => boolean | Promise<boolean>): Promise<void> {
    const givesUpAt = performance.now() + PATIENCE_MS;
    while (!(await condition())) {
      if (performance.now() > givesUpAt) throw new Error(`It did not come about.\n${this.err.slice(-3000)}`);
      await delay(20);
    }
  }

  /** Until the log says it so often. */
  said(msg: string, times = 1): Promise<void> {
    return this.until(() => this.log.filter((line) => line.msg === msg).length >= times);
  }

  /** Ends whatever is left of it, and removes its data. */
  async remove(): Promise<void> {
    for (const agent of this.#agents) agent.destroy();
    if (this.child.exitCode === null && this.child.signalCode === null) {
      for (const pid of this.workers) killProcess(pid);
      this.child.kill('SIGKILL');
    }
    await this.exited;
    rmSync(this.dir, {recursive: true, force: true});
  }
}

/** Of a primary process, the eldest first. */
export function workersOf(primary: number): readonly number[] {
  const text = readFileSync(`/proc/${primary}/task/${primary}/children`, 'utf8');
  return text.split(' ').filter(Boolean).map(Number).filter(isWorker);
}

/** And not a key process. */
function isWorker(pid: number): boolean {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'latin1');
    return command.startsWith('webkms worker') || command.includes('webkms.js\0serve');
  } catch {
    return false;
  }
}

/** Whether it has not ended. */
export function isRunning(pid: number): boolean {
  try {
    // Not one that has ended, and nobody has asked how.
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

export function killProcess(pid: number): void {
  // It would be this process and all that it was started with.
  if (pid === 0) throw new Error('There is no process to kill.');
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}
