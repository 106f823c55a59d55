import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {fileURLToPath} from 'node:url';

const LAUNCHER = fileURLToPath(new URL('../../bin/webkms.js', import.meta.url));

export interface AdminCommandOptions {
  /** The server's, or that of the store without one. */
  readonly dataDir: string;
  /** Written to standard input, which is closed then. */
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

export interface CommandOutcome {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs `webkms admin …` as an operator does: a process of its own. */
export async function adminCommand(
  args: readonly string[],
  {dataDir, input = '', environment = {}}: AdminCommandOptions,
): Promise<CommandOutcome> {
  const child = spawn(process.execPath, [LAUNCHER, 'admin', ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      WEBKMS_DATA_DIR: dataDir,
      WEBKMS_LOG_LEVEL: 'error',
      ...environment,
    },
  });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const [status] = (await once(child, 'close')) as [number | null];
  return {status, out, err};
}

/** As `adminCommand`; throws where the command fails. @returns its standard output */
export async function admin(args: readonly string[], options: AdminCommandOptions): Promise<string> {
  const {status, out, err} = await adminCommand(args, options);
  if (status !== 0) throw new Error(`webkms admin ${args.join(' ')} ended with ${status}: ${err}${out}`);
  return out;
}
