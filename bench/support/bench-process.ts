import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {createInterface} from 'node:readline';
import {cpuMicroseconds, memoryMB} from './process-figures.ts';

/** A server in a process of its own, and what it and all that it began use. */
export interface BenchProcess {
  /** What it said it listens on. */
  readonly listensOn: string;
  /** Since they began. */
  cpuMicroseconds(): number;
  /** Resident. */
  memoryMB(): number;
  /** SIGTERM, and waits for its end. */
  stop(): Promise<void>;
}

/** Starts Node with a program that says `listening on <url>`, in an environment that holds nothing else than is given. */
export async function startProcess(
  program: string,
  {
    args = [],
    environment = {},
  }: {readonly args?: readonly string[]; readonly environment?: Readonly<Record<string, string>>} = {},
): Promise<BenchProcess> {
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {PATH: process.env['PATH'], ...environment},
  });
  const {pid = 0} = child;
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await exited;
  };
  for await (const line of createInterface({input: child.stdout})) {
    const [, listensOn] = /^listening on (\S+)/.exec(line) ?? [];
    if (listensOn === undefined) continue;
    child.stdout.resume();
    return {
      listensOn,
      cpuMicroseconds: () => cpuMicroseconds(pid),
      memoryMB: () => memoryMB(pid),
      stop,
    };
  }
  throw new Error(`${program} did not start.`);
}
