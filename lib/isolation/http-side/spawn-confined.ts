import {spawn, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import type {Socket} from 'node:net';
import {KeyProcessStartError} from '../protocol/key-process-start-error.ts';
import type {Confinement} from './confinement.ts';
import type {KeyProcessExit} from './key-process-runner.ts';

export interface SpawnOptions {
  /** Whether a person at the terminal may be asked for a passphrase. */
  readonly terminal: boolean;
  /** Of a server of several processes: the worker's number. The child has a second socket pair then, for the primary. */
  readonly worker?: number;
}

export interface ConfinedChild {
  readonly pid: number;
  /** The ends of its socket pairs. */
  readonly streams: readonly Socket[];
  readonly ended: Promise<KeyProcessExit>;
  kill(): void;
}

/** Runs a key process. @throws KeyProcessStartError */
export async function spawnConfined(
  {command: [program = '', ...parameters], environment}: Confinement,
  {terminal, worker}: SpawnOptions,
): Promise<ConfinedChild> {
  const isWorkers = worker !== undefined;
  const child: ChildProcess = spawn(program, [...parameters, ...(isWorkers ? [String(worker)] : [])], {
    // Standard output is for what the command says.
    stdio: [
      terminal ? 'inherit' : 'ignore',
      'ignore',
      'inherit',
      'pipe',
      ...(isWorkers ? ['pipe' as const] : []),
    ],
    env: environment,
  });
  const ended = Promise.withResolvers<KeyProcessExit>();
  child.on('exit', (code, signal) => ended.resolve({code, signal}));
  try {
    await once(child, 'spawn');
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'an unknown failure';
    throw new KeyProcessStartError(`the key process cannot be run: ${reason}`);
  }
  // Where it cannot be signalled: it is about to end.
  child.on('error', () => undefined);
  return {
    pid: child.pid ?? 0,
    streams: child.stdio.slice(3) as Socket[],
    ended: ended.promise,
    kill: () => void child.kill('SIGKILL'),
  };
}
