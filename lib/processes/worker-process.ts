import type {ChildProcess} from 'node:child_process';
import cluster from 'node:cluster';
import {fstatSync} from 'node:fs';
import {Socket} from 'node:net';
import {Channel} from './channel.ts';
import type {WorkerListening, WorkerStart, WorkerState} from './messages.ts';
import {workerListening} from './worker-messages.ts';
import {asDoneBy} from './workers-doing.ts';

/** A worker could not begin to answer. The message is for the person who started the server. */
export class WorkerStartError extends Error {
  override readonly name = 'WorkerStartError';
  readonly code = 'ERR_WORKER_START';
}

const MAX_MESSAGE = 10_000;

export interface ForkOptions {
  /** The launcher: what a worker runs. */
  readonly exec: string;
  readonly start: WorkerStart;
  /** A file descriptor that the worker has, too, under the same number. */
  readonly descriptor?: number | undefined;
}

/** How a worker's process has ended. */
export interface WorkerExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** One worker, as the primary knows it. */
export class WorkerProcess {
  readonly number: number;
  readonly channel: Channel;
  readonly exited: Promise<WorkerExit>;
  state: WorkerState = 'starting';
  readonly #child: ChildProcess;
  readonly #listening: Promise<WorkerListening>;

  private constructor(child: ChildProcess, {start}: ForkOptions) {
    this.#child = child;
    this.number = start.number;
    this.channel = new Channel(
      {
        get connected() {
          return child.connected;
        },
        send: (message, callback, socket) => child.send(message, socket, callback),
        on: (event: 'message' | 'disconnect', listener: (message: unknown) => void) =>
          child.on(event, (message: unknown, handle: unknown) => {
            close(handle);
            listener(message);
          }),
      },
      // All that is to be known of it is, before it can say anything.
      {maxEarly: 0},
    );
    const exited = Promise.withResolvers<WorkerExit>();
    child.on('exit', (code, signal) => exited.resolve({code, signal}));
    // Where there are no more processes to be had.
    child.on('error', () => {
      if (child.pid === undefined) exited.resolve({code: null, signal: null});
    });
    this.exited = exited.promise;
    const listening = Promise.withResolvers<WorkerListening>();
    this.channel.on('listening', (payload) => {
      try {
        listening.resolve(workerListening(payload));
      } catch (error) {
        listening.reject(error);
        this.kill();
      }
    });
    this.channel.on('failed', (message) => listening.reject(new WorkerStartError(startFailure(message))));
    void this.exited.then(({code, signal}) =>
      listening.reject(
        new WorkerStartError(`a worker ended before it listened (${signal ?? `exit code ${String(code)}`}).`),
      ),
    );
    listening.promise.catch(() => undefined);
    this.#listening = listening.promise;
    this.channel.tell('start', start);
  }

  static fork(options: ForkOptions): WorkerProcess {
    const {isFirst} = options.start;
    cluster.schedulingPolicy = cluster.SCHED_RR;
    cluster.setupPrimary({
      exec: options.exec,
      args: ['serve'],
      // Carries bytes as they are.
      serialization: 'advanced',
      stdio: stdio(isFirst, options.descriptor),
    });
    return asDoneBy(() => new WorkerProcess(cluster.fork().process, options));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Resolves when it answers requests. @throws WorkerStartError */
  async listening(): Promise<WorkerListening> {
    const listening = await this.#listening;
    if (this.state === 'starting') this.state = 'listening';
    return listening;
  }

  /** Ends it at once. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

function startFailure(message: unknown): string {
  return typeof message === 'string' ? message.slice(0, MAX_MESSAGE) : 'a worker could not begin.';
}

/** Workers give the primary no connections: one that does would have it run out of descriptors. */
function close(handle: unknown): void {
  if (handle instanceof Socket) handle.destroy();
  else (handle as {close?: () => void} | undefined)?.close?.();
}

type Stdio = ('ignore' | 'inherit' | 'ipc' | number)[];

/** Only the first may ask a person at the terminal. The channel is where the descriptor is not. */
function stdio(isFirst: boolean, descriptor = 0): Stdio {
  const channel = descriptor === 3 ? 4 : 3;
  const places: Stdio = Array<'ignore'>(Math.max(channel, descriptor) + 1).fill('ignore');
  places[0] = isFirst ? 'inherit' : 'ignore';
  places[1] = places[2] = 'inherit';
  places[channel] = 'ipc';
  if (descriptor > 2 && isOpen(descriptor)) places[descriptor] = descriptor;
  return places;
}

function isOpen(descriptor: number): boolean {
  try {
    fstatSync(descriptor);
    return true;
  } catch {
    return false;
  }
}
