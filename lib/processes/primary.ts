import {setTimeout as delay} from 'node:timers/promises';
import type {Logger} from 'pino';
import type {Settings} from '../config/settings.ts';
import type {WorkerListening, WorkerStatus} from './messages.ts';
import {Relay} from './relay.ts';
import {RestartDelay} from './restart-delay.ts';
import type {WorkerMetrics} from './worker-metrics.ts';
import {WorkerProcess, WorkerStartError, type ForkOptions, type WorkerExit} from './worker-process.ts';
import type {SharedRoots} from './worker-roots.ts';

export interface PrimaryOptions {
  readonly settings: Pick<Settings, 'workers' | 'rateLimit' | 'shutdownTimeoutSeconds'>;
  readonly log: Logger;
  readonly roots: SharedRoots;
  /** What workers run, and what they load their settings from; a descriptor that the first one reads. */
  readonly fork: Pick<ForkOptions, 'exec' | 'descriptor'> & {readonly texts: ForkOptions['start']['texts']};
  /** Where metrics are on. */
  readonly metrics?: ((workers: () => readonly WorkerProcess[]) => WorkerMetrics) | undefined;
}

/** How long a worker may take to say that it takes no more connections. */
const RETIRE_MS = 15_000;
/** How long one that does may go on with those that it has: as long as a client may keep one that is idle, and more. */
const LEAVE_MS = 120_000;
const APPOINT_AGAIN_MS = 1000;
/** So often in a row replacements may fail while no worker answers requests. */
const MAX_FAILURES = 5;

/** The process that has no part in requests: it begins workers, replaces those that die, and passes on what they say. */
export class Primary {
  readonly metrics: WorkerMetrics | undefined;
  readonly #options: PrimaryOptions;
  readonly #relay: Relay;
  readonly #restartDelay: RestartDelay;
  readonly #workers = new Set<WorkerProcess>();
  readonly #gaveUp = Promise.withResolvers<Error>();
  readonly #stopping = new AbortController();
  /** Who listens on the admin socket. */
  #lead: WorkerProcess | undefined;
  #appointing: Promise<void> | undefined;
  #restarting: Promise<void> | undefined;
  #restartAgain = false;
  #failures = 0;
  #isUp = false;

  constructor(options: PrimaryOptions) {
    this.#options = options;
    const {settings} = options;
    const workers = (): readonly WorkerProcess[] => [...this.#workers];
    this.metrics = options.metrics?.(workers);
    this.#relay = new Relay({workers, rates: settings.rateLimit, count: settings.workers});
    this.#restartDelay = new RestartDelay(settings.workers);
  }

  /** Settles, with the reason, where no worker answers requests any more and none can be begun. */
  get gaveUp(): Promise<Error> {
    return this.#gaveUp.promise;
  }

  /** Resolves when all workers answer requests: first one, which makes what is not there yet. @throws Error; nothing runs then */
  async start(): Promise<WorkerListening> {
    try {
      const first = this.#begin({isFirst: true, hasShare: true});
      const listening = await first.listening();
      await this.#appoint();
      const {workers} = this.#options.settings;
      const others = Array.from({length: workers - 1}, () => this.#begin({isFirst: false, hasShare: true}));
      await Promise.all(others.map((worker) => worker.listening()));
      this.#isUp = true;
      // One that listened may have died while the last began.
      for (let missing = workers - this.#living(); missing > 0; missing--) void this.#beginAgain();
      await this.#appoint();
      return listening;
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Replaces each worker by a new one: that listens before the old one takes no more connections. */
  restart(): Promise<void> {
    if (this.#restarting) this.#restartAgain = true;
    this.#restarting ??= this.#restart().finally(() => {
      this.#restarting = undefined;
      if (!this.#restartAgain) return;
      this.#restartAgain = false;
      void this.restart();
    });
    return this.#restarting;
  }

  /** Lets all workers finish what they were asked, and resolves when they have ended. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const {channel} of this.#workers) channel.tell('stop');
    const {shutdownTimeoutSeconds} = this.#options.settings;
    const timer = setTimeout(() => this.kill(), shutdownTimeoutSeconds * 1000 + 15_000);
    await Promise.all([...this.#workers].map(({exited}) => exited));
    clearTimeout(timer);
  }

  /** Ends all workers at once. */
  kill(): void {
    for (const worker of this.#workers) worker.kill();
  }

  readonly status = (): Promise<readonly WorkerStatus[]> => this.#relay.status();

  #begin(kind: {readonly isFirst: boolean; readonly hasShare: boolean}): WorkerProcess {
    const {fork, settings, roots} = this.#options;
    const {texts, descriptor, ...options} = fork;
    const numbers = new Set([...this.#workers].map(({number}) => number));
    let number = 1;
    while (numbers.has(number)) number += 1;
    const worker = WorkerProcess.fork({
      ...options,
      descriptor: kind.isFirst ? descriptor : undefined,
      start: {texts, number, workers: settings.workers, sealed: roots.sealed, ...kind},
    });
    this.#workers.add(worker);
    this.#relay.serve(worker);
    roots.serve(worker, kind);
    worker.channel.on('counted', (values) => this.metrics?.heard(worker, values));
    worker.channel.on('resigns', () => {
      if (this.#isUp) void this.#replace(worker);
    });
    void worker.exited.then((exit) => this.#onExit(worker, exit));
    return worker;
  }

  async #onExit(worker: WorkerProcess, {code, signal}: WorkerExit): Promise<void> {
    const {log} = this.#options;
    const wasTold = this.#isStopping() || worker.state === 'leaving';
    const wasListening = worker.state === 'listening';
    this.#workers.delete(worker);
    await this.metrics?.ended(worker, wasTold ? 'told' : 'crashed');
    const {number, pid} = worker;
    log[wasTold ? 'info' : 'error']({worker: number, pid, code, signal}, 'a worker has ended');
    if (this.#lead === worker) this.#lead = undefined;
    if (this.#isStopping() || !this.#isUp) return;
    await this.#appoint();
    if (wasListening) await this.#beginAgain();
  }

  /** Until one listens in the place of one that has died. */
  async #beginAgain(): Promise<void> {
    const {log, settings} = this.#options;
    const {signal} = this.#stopping;
    while (!this.#isStopping() && this.#living() < settings.workers) {
      const ms = this.#restartDelay.afterDeath();
      if (ms > 0) log.warn({ms}, 'workers die one after the other: the next one has to wait');
      await delay(ms, undefined, {signal}).catch(() => undefined);
      if (this.#isStopping()) return;
      try {
        await this.#beginOne();
        return;
      } catch (error) {
        this.#fail(error);
      }
    }
  }

  async #beginOne(): Promise<void> {
    const worker = this.#begin({isFirst: false, hasShare: false});
    await worker.listening();
    this.#failures = 0;
    this.#options.log.info({worker: worker.number, pid: worker.pid}, 'a worker listens');
    await this.#appoint();
  }

  #fail(error: unknown): void {
    if (this.#isStopping()) return;
    const reason = error instanceof Error ? error : new WorkerStartError('a worker could not begin.');
    this.#options.log.error({err: reason}, 'a worker could not begin');
    this.#failures += 1;
    if (![...this.#workers].some(({state}) => state === 'listening') && this.#failures >= MAX_FAILURES)
      this.#gaveUp.resolve(reason);
  }

  async #restart(): Promise<void> {
    const {log} = this.#options;
    log.info('restarting the workers one after the other');
    for (const worker of [...this.#workers].filter(({state}) => state === 'listening')) {
      if (this.#isStopping()) return;
      if (!(await this.#replace(worker))) {
        log.error('the restart was given up: the workers that are left go on');
        return;
      }
    }
    log.info('all workers are new');
  }

  /** @returns whether it takes no more connections, and another one does */
  async #replace(worker: WorkerProcess): Promise<boolean> {
    if (worker.state !== 'listening' || this.#isStopping()) return true;
    try {
      await this.#beginOne();
    } catch (error) {
      this.#fail(error);
      return false;
    }
    await this.#retire(worker);
    return true;
  }

  async #retire(worker: WorkerProcess): Promise<void> {
    worker.state = 'leaving';
    const timer = setTimeout(() => worker.kill(), LEAVE_MS);
    void worker.exited.then(() => clearTimeout(timer));
    try {
      await worker.channel.ask('retire', undefined, {timeoutMs: RETIRE_MS});
    } catch (err) {
      this.#options.log.error({err, worker: worker.number}, 'a worker does not stop: it is ended');
      worker.kill();
      await worker.exited;
    }
    if (this.#lead === worker) this.#lead = undefined;
    await this.#appoint();
  }

  /** One of the workers listens on the admin socket. @throws Error where it cannot, and the server is just being started */
  #appoint(): Promise<void> {
    this.#appointing ??= this.#appointOne().finally(() => (this.#appointing = undefined));
    return this.#appointing;
  }

  async #appointOne(): Promise<void> {
    while (this.#lead === undefined && !this.#isStopping()) {
      const worker = [...this.#workers].find(({state}) => state === 'listening');
      if (!worker) return;
      try {
        await worker.channel.ask('lead');
        if (this.#workers.has(worker) && worker.state === 'listening') this.#lead = worker;
      } catch (error) {
        if (!this.#isUp) throw error;
        this.#options.log.error({err: error, worker: worker.number}, 'nobody listens on the admin socket');
        await delay(APPOINT_AGAIN_MS, undefined, {signal: this.#stopping.signal}).catch(() => undefined);
      }
    }
  }

  #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  #living(): number {
    return [...this.#workers].filter(({state}) => state !== 'leaving').length;
  }
}
