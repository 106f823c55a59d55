import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {fileURLToPath} from 'node:url';

const SCRIPT = fileURLToPath(new URL('writer-process.ts', import.meta.url));

/** What `write` prints: all of it was stored before the line was. */
export interface Written {
  readonly keystoreId: string;
  readonly localKeyId: string;
  readonly capabilityId: string;
  /** As hex. */
  readonly digest: string;
}

export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Whole lines only: what a killed process was in the middle of writing does not count. */
  readonly lines: readonly string[];
  readonly stderr: string;
}

interface WriterOptions {
  /** May end it. */
  readonly onLine?: (child: ChildProcess, lines: readonly string[]) => void;
  /** No file may grow larger than this many blocks of 512 (or, in some shells, 1024) bytes: as if the disk were full. */
  readonly fileSizeBlocks?: number;
}

/** Runs writer-process.ts to its end. */
export async function runWriter(
  args: readonly string[],
  {onLine = () => undefined, fileSizeBlocks}: WriterOptions = {},
): Promise<Outcome> {
  const command = [process.execPath, SCRIPT, ...args];
  const limit = fileSizeBlocks === undefined ? '' : `ulimit -f ${fileSizeBlocks}; `;
  const child = spawn('sh', ['-c', `${limit}exec "$0" "$@"`, ...command], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // A coverage report would not fit under the limit.
    env: {...process.env, NODE_V8_COVERAGE: undefined},
  });
  const lines: string[] = [];
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const whole = (stdout + chunk).split('\n');
    stdout = whole.pop() ?? '';
    lines.push(...whole);
    onLine(child, lines);
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  await once(child, 'close');
  return {code: child.exitCode, signal: child.signalCode, lines, stderr};
}
