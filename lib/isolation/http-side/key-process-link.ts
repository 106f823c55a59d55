import {setTimeout as delay} from 'node:timers/promises';
import type {Logger} from 'pino';
import {UnavailableError} from '../../errors.ts';
import {RestartDelay} from '../../processes/restart-delay.ts';
import type {Connection, Handler} from '../../rpc/connection.ts';
import {within} from '../protocol/within.ts';
import type {OpenedKeys} from '../protocol/key-process-methods.ts';
import {KeyProcessStartError} from '../protocol/key-process-start-error.ts';
import {ProcessConnection} from '../protocol/process-connection.ts';
import type {KeyProcessExit, KeyProcessRunner, RunningKeyProcess} from './key-process-runner.ts';

export interface KeyProcessLinkOptions {
  readonly run: KeyProcessRunner['run'];
  /** What the key process may ask for. */
  readonly methods: ReadonlyMap<string, Handler>;
  readonly log: Logger;
}

interface Running {
  readonly process: RunningKeyProcess;
  readonly connection: Connection;
}

/** How long it may take to finish what it is doing. */
const FINISH_MS = 8000;
/** How long it may take to end by itself. */
const END_MS = 5000;

/** The key process as the HTTP process has it: run, asked, and run again where it has ended. */
export class KeyProcessLink {
  readonly #options: KeyProcessLinkOptions;
  readonly #restartDelay = new RestartDelay(1);
  readonly #stopping = new AbortController();
  #running: Running | undefined;
  #isOpen = false;
  #network: RunningKeyProcess['network'] | undefined;
  #restarting: Promise<void> | undefined;

  constructor(options: KeyProcessLinkOptions) {
    this.#options = options;
  }

  /** @throws KeyProcessStartError; nothing runs then */
  async start(): Promise<OpenedKeys> {
    try {
      return await this.#begin(false);
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Whether there are keys to be asked for. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Of the last that was run. */
  get network(): RunningKeyProcess['network'] | undefined {
    return this.#network;
  }

  get pid(): number | undefined {
    return this.#running?.process.pid;
  }

  call: Connection['call'] = async (name, method, parameters) => {
    if (!this.#isOpen || !this.#running) throw new UnavailableError('The key process is not there now.');
    return this.#running.connection.call(name, method, parameters);
  };

  /** Ends it, once `finish` has settled, or takes too long. */
  async stop(finish: () => Promise<void> = async () => undefined): Promise<void> {
    this.#stopping.abort();
    if (!this.#isOpen) this.#running?.process.kill();
    await this.#restarting;
    const running = this.#running;
    if (!running) return;
    if (this.#isOpen)
      await within(FINISH_MS, finish()).catch((err: unknown) =>
        this.#options.log.error({err}, 'keys were not closed'),
      );
    this.#isOpen = false;
    running.connection.end();
    const timer = setTimeout(() => running.process.kill(), END_MS);
    await running.process.ended;
    clearTimeout(timer);
  }

  async #begin(again: boolean): Promise<OpenedKeys> {
    const {run, methods, log} = this.#options;
    const process = await run();
    this.#network = process.network;
    const {pid} = process;
    const connection = new ProcessConnection(process.stream, {
      peer: 'key process',
      methods,
      onEnd: (error) => {
        if (!error) return;
        log.fatal({err: error, pid}, 'the key process does not keep to the protocol: it is ended');
        process.kill();
      },
    });
    const running = {process, connection};
    this.#running = running;
    const ended = process.ended.then((exit) => {
      this.#onExit(running, exit);
      throw hasEnded(exit);
    });
    ended.catch(() => undefined);
    const opened = await Promise.race([process.open(connection, {again}), ended]);
    // It may have, right after.
    if (this.#running !== running) throw hasEnded(await process.ended);
    this.#isOpen = true;
    log.info({pid, network: process.network}, 'the key process has the keys');
    return opened;
  }

  #onExit(running: Running, exit: KeyProcessExit): void {
    if (this.#running !== running) return;
    const wasOpen = this.#isOpen;
    this.#running = undefined;
    this.#isOpen = false;
    const {log} = this.#options;
    if (this.#isStopping() || !wasOpen) return;
    log.error(
      {pid: running.process.pid, ...exit},
      'the key process has ended: requests are answered with 503 until it runs again',
    );
    this.#restarting = this.#beginAgain().finally(() => {
      this.#restarting = undefined;
    });
  }

  async #beginAgain(): Promise<void> {
    const {signal} = this.#stopping;
    const {log} = this.#options;
    while (!this.#isStopping()) {
      await delay(this.#restartDelay.afterDeath(), undefined, {signal}).catch(() => undefined);
      if (this.#isStopping()) return;
      try {
        await this.#begin(true);
        return;
      } catch (err) {
        log.error({err}, 'the key process could not begin');
        await this.#end();
      }
    }
  }

  #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** Of one that could not begin. */
  async #end(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    if (!running) return;
    running.connection.end();
    running.process.kill();
  }
}

function hasEnded({code, signal}: KeyProcessExit): KeyProcessStartError {
  const how = signal ?? (code === null ? 'nobody knows how' : `exit code ${code}`);
  return new KeyProcessStartError(`the key process has ended (${how}).`);
}
