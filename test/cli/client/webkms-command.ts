import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';

/** A DID that nobody here has. */
export const SOMEBODY = 'did:key:z6MkfBzB4ZkmCtfSZhvkzSrEtdihyp98ac6BgQ9PqdtXaUB2';

export const LAUNCHER = fileURLToPath(new URL('../../../bin/webkms.js', import.meta.url));

export interface WebkmsOutcome {
  readonly code: number | null;
  /** As UTF-8. */
  readonly out: string;
  readonly bytes: Buffer;
  readonly err: string;
}

export interface WebkmsOptions {
  /** Written to standard input, which is closed then. */
  readonly input?: string | Uint8Array;
  readonly environment?: Readonly<Record<string, string>>;
}

/** A person with a home of their own and a folder to work in, who runs `webkms` where there is no terminal. */
export class Person implements AsyncDisposable {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async create(): Promise<Person> {
    return new Person(await mkdtemp(join(tmpdir(), 'webkms-cli-')));
  }

  get home(): string {
    return join(this.folder, 'home');
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  get environment(): Readonly<Record<string, string>> {
    return {PATH: process.env['PATH'] ?? '', HOME: this.folder, WEBKMS_HOME: this.home};
  }

  /** Runs the real binary, in the person's folder. */
  async run(
    args: readonly string[],
    {input = '', environment = {}}: WebkmsOptions = {},
  ): Promise<WebkmsOutcome> {
    const child = spawn(process.execPath, [LAUNCHER, ...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
      cwd: this.folder,
      env: {...this.environment, ...environment},
    });
    const out: Buffer[] = [];
    let err = '';
    child.stdout.on('data', (chunk: Buffer) => void out.push(chunk));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    const [code] = (await once(child, 'close')) as [number | null];
    const bytes = Buffer.concat(out);
    return {code, out: bytes.toString('utf8'), bytes, err};
  }

  /** As `run`; throws where the command fails. @returns its standard output */
  async ok(...args: readonly string[]): Promise<string> {
    const {code, out, err} = await this.run(args);
    if (code !== 0) throw new Error(`webkms ${args.join(' ')} ended with ${code}: ${err}${out}`);
    return out;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, {recursive: true, force: true});
  }
}
