import type {Rate} from '../config/parsers.ts';
import type {LimiterName, WorkerStatus} from './messages.ts';
import {PointPool} from './point-pool.ts';
import {rateShares} from './rate-shares.ts';
import {pointsRequest} from './worker-messages.ts';
import type {WorkerProcess} from './worker-process.ts';

export interface RelayOptions {
  /** All that live. */
  readonly workers: () => readonly WorkerProcess[];
  readonly rates: Readonly<Record<LimiterName, Rate | undefined>>;
  readonly count: number;
}

const READY_MS = 2500;
const STATUS_MS = 2000;

/** What workers ask for of each other, and of what they share. */
export class Relay {
  readonly #options: RelayOptions;
  readonly #pools: Readonly<Record<LimiterName, PointPool | undefined>>;

  constructor(options: RelayOptions) {
    this.#options = options;
    const {rates, count} = options;
    const pool = (rate: Rate | undefined): PointPool | undefined =>
      rate && new PointPool(rateShares(rate, count));
    this.#pools = {address: pool(rates.address), invoker: pool(rates.invoker)};
  }

  /** Answers a worker. */
  serve(worker: WorkerProcess): void {
    const {channel} = worker;
    channel.on('points', (request) => {
      const {limiter, ...wanted} = pointsRequest(request);
      return this.#pools[limiter]?.take(wanted) ?? 0;
    });
    channel.on('siblings-ready', () => this.#unready(worker));
    channel.on('workers', () => this.status());
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

  status(): Promise<readonly WorkerStatus[]> {
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
