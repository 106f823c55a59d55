import type {Logger} from 'pino';
import type {Rate} from '../config/parsers.ts';
import type {HandOverRequest, LimiterName, PointsRequest, RootsChanged, WorkerStatus} from './messages.ts';
import {PointPool} from './point-pool.ts';
import {rateShares} from './rate-shares.ts';
import type {WorkerProcess} from './worker-process.ts';

export interface RelayOptions {
  /** All that live. */
  readonly workers: () => readonly WorkerProcess[];
  readonly rates: Readonly<Record<LimiterName, Rate | undefined>>;
  readonly count: number;
  readonly log: Logger;
}

const FOLLOW_MS = 20_000;
const READY_MS = 2500;
const STATUS_MS = 2000;

/** What workers ask for of each other, and of what they share; the primary passes it on, and has no key itself. */
export class Relay {
  readonly #options: RelayOptions;
  readonly #pools: Readonly<Record<LimiterName, PointPool | undefined>>;
  /** An operator has sealed the server. It is known here, so that workers which replace all others know it, too. */
  #sealed = false;

  constructor(options: RelayOptions) {
    this.#options = options;
    const {rates, count} = options;
    const pool = (rate: Rate | undefined): PointPool | undefined =>
      rate && new PointPool(rateShares(rate, count));
    this.#pools = {address: pool(rates.address), invoker: pool(rates.invoker)};
  }

  get sealed(): boolean {
    return this.#sealed;
  }

  /** Answers a worker. */
  serve(worker: WorkerProcess): void {
    const {channel} = worker;
    channel.on('points', (request) => {
      const {limiter, ...wanted} = request as PointsRequest;
      return this.#pools[limiter]?.take(wanted) ?? 0;
    });
    channel.on('hand-over', (request) => this.#handOver(worker, request as HandOverRequest));
    channel.on('roots-changed', (changed) => this.#follow(worker, changed as RootsChanged));
    channel.on('siblings-ready', () => this.#unready(worker));
    channel.on('workers', () => this.#status());
  }

  /** @returns the box of the first of the others that has something to give; undefined where none has */
  async #handOver(receiver: WorkerProcess, request: HandOverRequest): Promise<unknown> {
    for (const worker of this.#others(receiver)) {
      const isAsked =
        request.from === undefined ? worker.state !== 'starting' : worker.number === request.from;
      if (!isAsked) continue;
      const box = await worker.channel.ask('hand-over', request).catch(() => undefined);
      if (box !== undefined) return box;
    }
    return undefined;
  }

  /** All others do what one has done; one that cannot is ended, as the one in its place can. */
  async #follow(leader: WorkerProcess, changed: RootsChanged): Promise<void> {
    if (changed.change !== 'take') this.#sealed = changed.change === 'seal';
    await Promise.all(
      this.#others(leader).map(async (worker) => {
        try {
          const {number: from} = leader;
          await worker.channel.ask('follow', {...changed, from}, {timeoutMs: FOLLOW_MS});
        } catch (err) {
          this.#options.log.error({err, worker: worker.number}, 'a worker does not follow: it is replaced');
          worker.kill();
          await worker.exited;
        }
      }),
    );
  }

  /** @returns which of the other workers cannot answer requests */
  async #unready(asking: WorkerProcess): Promise<readonly number[]> {
    const listening = this.#others(asking).filter(({state}) => state === 'listening');
    const ready = await Promise.all(
      listening.map(async ({channel, state}) =>
        channel.ask('is-ready', undefined, {timeoutMs: READY_MS}).catch(() => state !== 'listening'),
      ),
    );
    return listening.filter((_, index) => ready[index] !== true).map(({number}) => number);
  }

  #status(): Promise<readonly WorkerStatus[]> {
    return Promise.all(
      this.#options.workers().map(async ({number, pid, state, channel}) => {
        const sealed =
          state === 'starting'
            ? undefined
            : await channel.ask('is-sealed', undefined, {timeoutMs: STATUS_MS}).catch(() => undefined);
        return {number, pid, state, ...(typeof sealed === 'boolean' && {sealed})};
      }),
    );
  }

  #others(worker: WorkerProcess): readonly WorkerProcess[] {
    return this.#options.workers().filter((other) => other !== worker);
  }
}
