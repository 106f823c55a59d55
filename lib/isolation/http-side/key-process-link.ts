import {spawn, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import type {Duplex} from 'node:stream';
import {setTimeout as delay} from 'node:timers/promises';
import type {Logger} from 'pino';
import {UnavailableError} from '../../errors.ts';
import {RestartDelay} from '../../processes/restart-delay.ts';
import {Connection, type Handler} from '../protocol/connection.ts';
import type {OpenedKeys} from '../protocol/key-process-methods.ts';
import {KeyProcessStartError} from '../protocol/key-process-start-error.ts';
import type {Confinement} from './confinement.ts';

export interface KeyProcessLinkOptions {
  /** Asked each time: what it must reach may have changed. */
  readonly confinement: () => Promise<Confinement>;
  /** What the key process may ask for. */
  readonly methods: ReadonlyMap<string, Handler>;
  /** Has the keys opened by way of a new process. @param again in place of one that has ended */
  readonly open: (connection: Connection, options: {readonly again: boolean}) => Promise<OpenedKeys>;
  readonly log: Logger;
}

interface Running {
  readonly child: ChildProcess;
  readonly connection: Connection;
}

/** How long it may take to end by itself. */
const END_MS = 5000;

/** The key process as the HTTP process has it: run, asked, and run again where it has ended. */
export class KeyProcessLink {
  readonly #options: KeyProcessLinkOptions;
  readonly #restartDelay = new RestartDelay(1);
  readonly #stopping = new AbortController();
  #running: Running | undefined;
  #isOpen = false;
  #network: Confinement['network'] | undefined;
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
  get network(): Confinement['network'] | undefined {
    return this.#network;
  }

  get pid(): number | undefined {
    return this.#running?.child.pid;
  }

  call: Connection['call'] = async (name, method, parameters) => {
    if (!this.#isOpen || !this.#running) throw new UnavailableError('The key process is not there now.');
    return this.#running.connection.call(name, method, parameters);
  };

  /** Ends it, once `finish` has settled. */
  async stop(finish: () => Promise<void> = async () => undefined): Promise<void> {
    this.#stopping.abort();
    if (!this.#isOpen) this.#running?.child.kill('SIGKILL');
    await this.#restarting;
    const running = this.#running;
    if (!running) return;
    if (this.#isOpen)
      await finish().catch((err: unknown) => this.#options.log.error({err}, 'keys were not closed'));
    this.#isOpen = false;
    const exited =
      running.child.exitCode === null && running.child.signalCode === null && once(running.child, 'exit');
    running.connection.end();
    const timer = setTimeout(() => running.child.kill('SIGKILL'), END_MS);
    await exited;
    clearTimeout(timer);
  }

  async #begin(again: boolean): Promise<OpenedKeys> {
    const {confinement, methods, open, log} = this.#options;
    const confined = await confinement();
    this.#network = confined.network;
    const child = run(confined);
    const ended = Promise.withResolvers<never>();
    ended.promise.catch(() => undefined);
    const connection = new Connection(child.stdio[3] as Duplex, {
      methods,
      onEnd: (error) => {
        if (!error) return;
        log.fatal({err: error, pid: child.pid}, 'the key process does not keep to the protocol: it is ended');
        child.kill('SIGKILL');
      },
    });
    const running = {child, connection};
    this.#running = running;
    child.on('error', (error) =>
      ended.reject(new KeyProcessStartError(`the key process cannot be run: ${error.message}`)),
    );
    child.on('exit', (code, signal) => {
      ended.reject(
        new KeyProcessStartError(`the key process has ended (${signal ?? `exit code ${String(code)}`}).`),
      );
      this.#onExit(running, {code, signal});
    });
    const opened = await Promise.race([open(connection, {again}), ended.promise]);
    this.#isOpen = true;
    log.info({pid: child.pid, network: confined.network}, 'the key process has the keys');
    return opened;
  }

  #onExit(running: Running, exit: {readonly code: number | null; readonly signal: string | null}): void {
    if (this.#running !== running) return;
    const wasOpen = this.#isOpen;
    this.#running = undefined;
    this.#isOpen = false;
    const {log} = this.#options;
    if (this.#isStopping() || !wasOpen) return;
    log.error(
      {pid: running.child.pid, ...exit},
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
    running.child.kill('SIGKILL');
  }
}

function run({command: [program = '', ...parameters], environment}: Confinement): ChildProcess {
  return spawn(program, parameters, {
    // A person may be asked for a passphrase; standard output is for what the command says.
    stdio: ['inherit', 'ignore', 'inherit', 'pipe'],
    env: environment,
  });
}
