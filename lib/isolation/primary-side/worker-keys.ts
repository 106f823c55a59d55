import {setTimeout as delay} from 'node:timers/promises';
import type {Logger} from 'pino';
import type {Settings} from '../../config/settings.ts';
import {nodeId} from '../../node-id.ts';
import type {WorkerStatus} from '../../processes/messages.ts';
import {RestartDelay} from '../../processes/restart-delay.ts';
import type {RootHolder, RootRelay} from '../../processes/root-relay.ts';
import type {WorkerProcess} from '../../processes/worker-process.ts';
import {confine, warnOfNetwork} from '../http-side/confinement.ts';
import {keyPlaces, seedingPlaces} from '../http-side/key-places.ts';
import {settingsForKeys} from '../http-side/settings-for-keys.ts';
import {spawnConfined, type ConfinedChild} from '../http-side/spawn-confined.ts';
import {failureOf} from '../../rpc/failure.ts';
import {KeyProcessStartError} from '../protocol/key-process-start-error.ts';
import {ProcessConnection} from '../protocol/process-connection.ts';
import {PROCESS_FAILURES} from '../protocol/process-failures.ts';
import {
  PRIMARY_METHODS,
  WORKERS_KEYS_METHODS,
  type PrimaryProcess,
  type WorkersKeys,
} from '../protocol/primary-methods.ts';
import {handlersOf, remote} from '../../rpc/remote-interface.ts';
import {within} from '../protocol/within.ts';
import type {AgreedRoots} from './agreed-roots.ts';
import {runKeys, type KeysEnded, type KeysOpened, type KeysRun} from '../protocol/worker-messages.ts';

export interface WorkerKeysOptions {
  readonly settings: Settings;
  readonly worker: WorkerProcess;
  /** Whether it is the first worker of all: its key process may ask a person, and make the first root key file. */
  readonly isFirst: boolean;
  readonly relay: RootRelay;
  readonly roots: AgreedRoots;
  readonly status: () => Promise<readonly WorkerStatus[]>;
  readonly log: Logger;
  /** Waits so many milliseconds. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

interface Running {
  readonly child: ConfinedChild;
  readonly keys: WorkersKeys;
}

/** So many are run in a minute without delay: that for the root key file and the one after it, and some that die. */
const RUNS = 4;
/** A worker waits 30 s for one. */
const MAX_WAIT_MS = 15_000;
/** How long it may take to end by itself. */
const END_MS = 5000;
const HAND_OVER_MS = 5000;
const FOLLOW_MS = 20_000;

/** The key process of one worker, as the primary has it: the worker says when it needs one, and not what that is. */
export class WorkerKeys {
  readonly #options: WorkerKeysOptions;
  readonly #runs = new RestartDelay(RUNS);
  readonly #gone = new AbortController();
  #running: Running | undefined;
  #isStarting = false;
  #wasOpen = false;
  #needsOperator = false;

  constructor(options: WorkerKeysOptions) {
    this.#options = options;
    const {channel, exited} = options.worker;
    channel.on('run-keys', (payload) => this.#runOnce(payload));
    channel.on('open-keys', () => this.#open());
    void exited.then(() => this.#outlive());
  }

  /** Resolves when there is none. */
  async ended(): Promise<void> {
    await this.#running?.child.ended;
  }

  kill(): void {
    this.#running?.child.kill();
  }

  /** It sees that the worker is gone, and ends. */
  async #outlive(): Promise<void> {
    this.#gone.abort();
    const timer = setTimeout(() => this.kill(), END_MS);
    await this.ended();
    clearTimeout(timer);
  }

  async #runOnce(payload: unknown): Promise<KeysRun | undefined> {
    if (this.#isStarting) throw new Error('The key process is just being run.');
    this.#isStarting = true;
    try {
      this.kill();
      await this.ended();
      await this.#wait();
      return await this.#run(payload);
    } finally {
      this.#isStarting = false;
    }
  }

  /** The worker waits by itself where its key process dies again and again; but it may be nobody's worker any more. */
  async #wait(): Promise<void> {
    const {wait = waitFor, worker, log} = this.#options;
    const ms = Math.min(MAX_WAIT_MS, this.#runs.afterDeath());
    if (ms > 0) log.warn({ms, worker: worker.number}, 'a worker asks for one key process after the other');
    await wait(ms, this.#gone.signal);
    if (this.#isGone()) throw new KeyProcessStartError('The worker is gone.');
  }

  /** @returns undefined where it was to make a root key file, and there is none to be made */
  async #run(payload: unknown): Promise<KeysRun | undefined> {
    const {settings, worker, isFirst, log} = this.#options;
    const {seeding} = runKeys(payload);
    if (seeding && !this.#isBeginning()) return undefined;
    const places = seeding ? seedingPlaces(settings, []) : keyPlaces(settings);
    if (!places) return undefined;
    const confinement = await confine(places);
    if (isFirst && !seeding) warnOfNetwork(confinement, log);
    const {number} = worker;
    const child = await spawnConfined(confinement, {terminal: this.#isBeginning(), worker: number});
    try {
      if (this.#isGone()) throw new KeyProcessStartError('The worker is gone.');
      const [socket] = child.streams;
      this.#connect(child);
      const run: KeysRun = {pid: child.pid, network: confinement.network};
      await worker.channel.ask('keys-socket', undefined, {socket});
      return run;
    } catch (error) {
      child.kill();
      throw error;
    }
  }

  #connect(child: ConfinedChild): void {
    const {worker, relay, roots, status, log} = this.#options;
    const {number} = worker;
    const [, stream] = child.streams;
    if (!stream) throw new Error('Unreachable: it was spawned with two pipes.');
    const primary: PrimaryProcess = {
      handOver: (point, from) => relay.handOver(holder, {point, ...(from !== undefined && {from})}),
      rootsUsed: async (fingerprints) => roots.heard(fingerprints, number),
      rootsChanged: (change) => relay.follow(holder, {change}),
      workers: status,
    };
    const connection = new ProcessConnection(stream, {
      peer: 'key process',
      methods: new Map(handlersOf<PrimaryProcess>('primary', PRIMARY_METHODS, primary)),
      onEnd: (error) => {
        if (!error) return;
        log.fatal({err: error, pid: child.pid}, 'a key process does not keep to the protocol: it is ended');
        child.kill();
      },
    });
    const keys = remote<WorkersKeys>('workers-keys', WORKERS_KEYS_METHODS, connection);
    const running: Running = {child, keys};
    const holder: RootHolder = {
      number,
      isOpen: true,
      handOver: ({point}) => within(HAND_OVER_MS, keys.handOver(point)),
      follow: ({change, from = 0}) => within(FOLLOW_MS, keys.follow(change, from, roots.list())),
      end: () => {
        child.kill();
        return child.ended;
      },
    };
    this.#running = running;
    relay.add(holder);
    void child.ended.then((exit) => {
      relay.remove(holder);
      connection.end();
      if (this.#running === running) this.#running = undefined;
      worker.channel.tell('keys-ended', {pid: child.pid, ...exit} satisfies KeysEnded);
    });
  }

  #isGone(): boolean {
    return this.#gone.signal.aborted;
  }

  /** Whether the server has not opened any keys yet: what is done but once, no worker can ask for later. */
  #isBeginning(): boolean {
    return this.#options.isFirst && !this.#wasOpen;
  }

  async #open(): Promise<KeysOpened> {
    const {settings, worker, relay, roots} = this.#options;
    const {number} = worker;
    const running = this.#running;
    try {
      if (!running) throw new KeyProcessStartError('the key process has ended.');
      const holder = await nodeId(settings.dataDir, {worker: number});
      const opened = await running.keys.open({
        ...{settings: settingsForKeys(settings), holder, worker: number},
        sealed: relay.sealed || (this.#wasOpen && this.#needsOperator),
        prompts: this.#isBeginning(),
        usedRoots: roots.list(),
      });
      this.#wasOpen = true;
      return {opened};
    } catch (error) {
      this.#needsOperator = error instanceof KeyProcessStartError && error.reason === 'root-of-trust';
      return {failed: failureOf(error, PROCESS_FAILURES)};
    }
  }
}

async function waitFor(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await delay(ms, undefined, {signal}).catch(() => undefined);
}
