import {spawn, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {cp, mkdtemp, readFile, rm, symlink, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';
import {freePort} from '../crash/free-port.ts';

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));
/** Of what it needs, some: to hash all takes seconds. */
const DEPENDENCIES = {pino: '10', 'better-sqlite3': '13'};

type Environment = Readonly<Record<string, string>>;

export interface Ended {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

/** A copy of the program, that a test may change; with processes of it. */
export class CopiedInstallation implements AsyncDisposable {
  readonly directory: string;
  /** Where it is. */
  readonly root: string;
  readonly dataDir: string;
  readonly manifest: string;
  readonly #port: number;
  readonly #running = new Set<ServingProcess>();

  private constructor(directory: string, port: number) {
    this.directory = directory;
    this.root = join(directory, 'package');
    this.dataDir = join(directory, 'data');
    this.manifest = join(directory, 'manifest.json');
    this.#port = port;
  }

  static async make(): Promise<CopiedInstallation> {
    const made = new CopiedInstallation(await mkdtemp(join(tmpdir(), 'webkms-copy-')), await freePort());
    for (const name of ['bin', 'lib', 'schemas'])
      await cp(join(PROJECT, name), join(made.root, name), {recursive: true});
    const text = await readFile(join(PROJECT, 'package.json'), 'utf8');
    const described = {...(JSON.parse(text) as object), dependencies: DEPENDENCIES, optionalDependencies: {}};
    await writeFile(join(made.root, 'package.json'), JSON.stringify(described));
    await symlink(join(PROJECT, 'node_modules'), join(made.root, 'node_modules'));
    return made;
  }

  /** Records its manifest. @returns the digest */
  async record(): Promise<string> {
    const {out} = await this.expect(0, ['admin', 'self-check', '--record', this.manifest]);
    return /^Digest: (\S{43})$/m.exec(out)![1]!;
  }

  /** Appends a comment to a file of it. */
  async change(path: string): Promise<() => Promise<void>> {
    const file = join(this.root, path);
    const before = await readFile(file);
    await writeFile(file, Buffer.concat([before, Buffer.from('// changed\n')]));
    return () => writeFile(file, before);
  }

  /** Runs `webkms`, to its end. */
  async run(args: readonly string[], environment: Environment = {}): Promise<Ended> {
    const child = this.#spawn(args, environment);
    const [out, err] = [collect(child.stdout), collect(child.stderr)];
    const timer = setTimeout(() => child.kill('SIGKILL'), 60_000);
    const [status] = (await once(child, 'close')) as [number | null];
    clearTimeout(timer);
    return {status, out: out(), err: err()};
  }

  /** @throws Error where it does not end so */
  async expect(status: number, args: readonly string[], environment?: Environment): Promise<Ended> {
    const ended = await this.run(args, environment);
    if (ended.status === status) return ended;
    throw new Error(`webkms ${args.join(' ')} ended with ${String(ended.status)}: ${ended.err}${ended.out}`);
  }

  /** Resolves when `webkms serve` listens. */
  async serve(environment: Environment): Promise<ServingProcess> {
    const child = this.#spawn(['serve'], {WEBKMS_LOG_LEVEL: 'info', ...environment});
    const serving = new ServingProcess(child);
    this.#running.add(serving);
    await serving.listening();
    return serving;
  }

  #spawn(args: readonly string[], environment: Environment) {
    return spawn(process.execPath, [join(this.root, 'bin/webkms.js'), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        WEBKMS_DATA_DIR: this.dataDir,
        WEBKMS_BASE_URL: `https://localhost:${this.#port}`,
        WEBKMS_LISTEN: `127.0.0.1:${this.#port}`,
        WEBKMS_LOG_LEVEL: 'error',
        ...environment,
      },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#running].map((serving) => serving.stop()));
    await rm(this.directory, {recursive: true});
  }
}

/** `webkms serve`, and its log. */
export class ServingProcess {
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  readonly #out: () => string;
  #heard = Promise.withResolvers<undefined>();

  constructor(child: ChildProcess) {
    this.#child = child;
    this.#out = collect(child.stdout!);
    createInterface({input: child.stderr!}).on('line', (line) => {
      this.#lines.push(line);
      this.#heard.resolve(undefined);
      this.#heard = Promise.withResolvers();
    });
  }

  async listening(): Promise<void> {
    const ended = once(this.#child, 'exit');
    while (!this.#out().includes('listening on')) {
      const next = once(this.#child.stdout!, 'data');
      const [code] = (await Promise.race([next, ended.then(() => ['ended'])])) as unknown[];
      if (code === 'ended') throw new Error(`The server did not start: ${this.#lines.join('\n')}`);
    }
  }

  /** Waits for a line of the log that has this message. */
  async logged(message: string): Promise<Readonly<Record<string, unknown>>> {
    for (;;) {
      const line = this.#lines.find((candidate) => candidate.includes(`"msg":"${message}"`));
      if (line !== undefined) return JSON.parse(line) as Record<string, unknown>;
      await this.#heard.promise;
    }
  }

  get log(): string {
    return this.#lines.join('\n');
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await exited;
  }
}

function collect(stream: NodeJS.ReadableStream): () => string {
  let text = '';
  stream.setEncoding('utf8');
  stream.on('data', (piece: string) => (text += piece));
  return () => text;
}
