import {spawn, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';

const LAUNCHER = fileURLToPath(new URL('../../bin/webkms.js', import.meta.url));

export interface ServerProcessOptions {
  /** Where its state is: start again with the same, and it is the same server. */
  readonly dataDir: string;
  readonly port: number;
  readonly environment?: Readonly<Record<string, string>>;
  /** The program. Default: that of this project */
  readonly launcher?: string;
}

/** `webkms serve` as a process of its own, that can be killed. */
export class ServerProcess {
  /** Its public origin. */
  readonly url: string;
  /** The certificate to trust, PEM. */
  readonly ca: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, {url, ca}: {url: string; ca: string}) {
    this.#child = child;
    this.url = url;
    this.ca = ca;
  }

  /** Resolves when the server listens. */
  static async start({
    dataDir,
    port,
    environment,
    launcher = LAUNCHER,
  }: ServerProcessOptions): Promise<ServerProcess> {
    const url = `https://localhost:${port}`;
    const child = spawn(process.execPath, [launcher, 'serve'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        WEBKMS_BASE_URL: url,
        WEBKMS_LISTEN: `127.0.0.1:${port}`,
        WEBKMS_DATA_DIR: dataDir,
        WEBKMS_RATE_LIMIT: 'off',
        WEBKMS_LOG_LEVEL: 'error',
        // As in run-server.ts.
        WEBKMS_ISOLATION: process.env['WEBKMS_TEST_ISOLATION'] ?? 'none',
        ...environment,
      },
    });
    const errors: string[] = [];
    child.stderr.setEncoding('utf8').on('data', (text: string) => errors.push(text));
    for await (const line of createInterface({input: child.stdout})) {
      if (!line.startsWith('listening on ')) continue;
      child.stdout.resume();
      return new ServerProcess(child, {url, ca: await readFile(join(dataDir, 'tls.crt'), 'utf8')});
    }
    throw new Error(`The server did not start: ${errors.join('')}`);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Ends it without a chance to do anything more. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Lets it finish what it does. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill(signal);
    await exited;
  }
}
