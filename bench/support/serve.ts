import {spawn, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import type {PopulatedServer} from '../../test/demonstrations/population.ts';

/** Of /proc/<pid>/stat: USER_HZ. */
const TICKS_PER_SECOND = 100;
const LAUNCHER = join(import.meta.dirname, '../../bin/webkms.js');

/** `webkms serve`, and what its processes use. Linux only (/proc). */
export interface BenchServer extends PopulatedServer {
  /** Of all its processes since they began, in seconds. */
  cpuSeconds(): number;
  /** Of all its processes, resident. */
  memoryMB(): number;
  stop(): Promise<void>;
}

/** @param environment what differs from a server without TLS and limits */
export async function serve(
  {dataDir, port}: {readonly dataDir: string; readonly port: number},
  environment: Readonly<Record<string, string>> = {},
): Promise<BenchServer> {
  const baseUrl = `https://localhost:${port}`;
  const child = spawn(process.execPath, [LAUNCHER, 'serve'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: process.env['PATH'],
      WEBKMS_BASE_URL: baseUrl,
      WEBKMS_LISTEN: `127.0.0.1:${port}`,
      WEBKMS_TLS: 'off',
      WEBKMS_DATA_DIR: dataDir,
      WEBKMS_RATE_LIMIT: 'off',
      WEBKMS_LOG_LEVEL: 'error',
      ...environment,
    },
  });
  for await (const line of createInterface({input: child.stdout})) {
    if (!line.startsWith('listening on ')) continue;
    child.stdout.resume();
    return {
      ...{baseUrl, port, ca: undefined},
      cpuSeconds: () => sum(child, cpuSecondsOf),
      memoryMB: () => sum(child, memoryMBOf),
      stop: () => stop(child),
    };
  }
  throw new Error('The server did not start.');
}

async function stop(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}

const sum = ({pid = 0}: ChildProcess, of: (pid: number) => number): number =>
  treeOf(pid).reduce((total, each) => total + of(each), 0);

/** A process and those that it and they began. */
function treeOf(pid: number): readonly number[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name))
    .flatMap((name) => {
      const parent = statOf(Number(name))?.[1];
      return parent === undefined ? [] : [{pid: Number(name), parent: Number(parent)}];
    });
  const below = (of: number): number[] =>
    parents.filter(({parent}) => parent === of).flatMap((each) => [each.pid, ...below(each.pid)]);
  return [pid, ...below(pid)];
}

/** The fields after the name, which may hold anything. */
function statOf(pid: number): readonly string[] | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
  } catch {
    return undefined;
  }
}

function cpuSecondsOf(pid: number): number {
  const stat = statOf(pid);
  return stat ? (Number(stat[11]) + Number(stat[12])) / TICKS_PER_SECOND : 0;
}

function memoryMBOf(pid: number): number {
  try {
    return Number(/^VmRSS:\s+([0-9]+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}
