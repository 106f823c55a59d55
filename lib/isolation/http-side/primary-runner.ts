import {Socket} from 'node:net';
import type {Channel} from '../../processes/channel.ts';
import {reviveFailure} from '../../rpc/failure.ts';
import type {OpenedKeys} from '../protocol/key-process-methods.ts';
import {KeyProcessStartError} from '../protocol/key-process-start-error.ts';
import {PROCESS_FAILURES} from '../protocol/process-failures.ts';
import type {KeysEnded, KeysOpened, KeysRun, RunKeys} from '../protocol/worker-messages.ts';
import type {KeyProcessExit, KeyProcessRunner, RunningKeyProcess} from './key-process-runner.ts';

const RUN_MS = 30_000;
/** A person may be asked for a passphrase: as long as timers go. */
const OPEN_MS = 2 ** 31 - 1;
/** How long after its end of the socket pair has closed nobody may have said how it ended. */
const TOLD_MS = 1000;

/**
 * Has the primary run this worker's key process, which is told by the primary what to open, and how: this process gets its
 * end of a socket pair, and nothing else.
 */
export class PrimaryRunner implements KeyProcessRunner {
  readonly #channel: Channel;
  readonly #ends = new Map<number, PromiseWithResolvers<KeyProcessExit>>();
  #arrived: Socket | undefined;

  constructor(channel: Channel) {
    this.#channel = channel;
    channel.on('keys-socket', (_, socket) => {
      if (socket instanceof Socket) this.#arrived = socket;
    });
    channel.on('keys-ended', (payload) => {
      const {pid, ...exit} = payload as KeysEnded;
      this.#endOf(pid).resolve(exit);
    });
  }

  async run(): Promise<RunningKeyProcess> {
    const running = await this.#run(false);
    if (!running) throw new KeyProcessStartError('the primary process has run no key process.');
    return running;
  }

  runToSeed(): Promise<RunningKeyProcess | undefined> {
    return this.#run(true);
  }

  async #run(seeding: boolean): Promise<RunningKeyProcess | undefined> {
    const request: RunKeys = {seeding};
    // Of those before, whose numbers another may get.
    this.#ends.clear();
    const run = await this.#ask<KeysRun | undefined>('run-keys', request, RUN_MS);
    if (run === undefined) return undefined;
    const {pid, network} = run;
    const stream = this.#arrived;
    this.#arrived = undefined;
    if (!stream) throw new KeyProcessStartError('the key process could not be reached.');
    const end = this.#endOf(pid);
    // Where the primary is gone, nobody says it.
    stream.once('close', () => {
      setTimeout(() => end.resolve({code: null, signal: null}), TOLD_MS);
    });
    return {
      pid,
      network,
      stream,
      ended: end.promise,
      open: () => this.#open(),
      kill: () => {
        // Until its end of the pair has closed, the number is its own, and of the same user.
        if (!stream.destroyed) killNow(pid);
        stream.destroy();
      },
    };
  }

  async #open(): Promise<OpenedKeys> {
    const {opened, failed} = await this.#ask<KeysOpened>('open-keys', undefined, OPEN_MS);
    if (failed) throw reviveFailure(failed, PROCESS_FAILURES);
    if (!opened) throw new KeyProcessStartError('the key process has opened nothing.');
    return opened;
  }

  /** The primary is believed, as who has begun this process. @throws KeyProcessStartError */
  async #ask<T>(name: string, payload: object | undefined, timeoutMs: number): Promise<T> {
    try {
      return (await this.#channel.ask(name, payload, {timeoutMs})) as T;
    } catch (error) {
      const message = error instanceof Error ? error.message : 'an unknown failure';
      throw new KeyProcessStartError(message, {cause: error});
    }
  }

  #endOf(pid: number): PromiseWithResolvers<KeyProcessExit> {
    let end = this.#ends.get(pid);
    if (!end) this.#ends.set(pid, (end = Promise.withResolvers<KeyProcessExit>()));
    return end;
  }
}

function killNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}
