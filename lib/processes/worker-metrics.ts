import type {Logger} from 'pino';
import type {Counter, Gauge} from 'prom-client';
import type {MetricsSource} from '../observability/metrics-listener.ts';
import {
  lasting,
  renderTotal,
  TOTAL_CONTENT_TYPE,
  totalMetrics,
  type MetricValues,
} from '../observability/total-metrics.ts';
import {Registry, collectDefaultMetrics, Counter as NewCounter, Gauge as NewGauge} from 'prom-client';
import type {WorkerState} from './messages.ts';
import {metricValues} from './metric-values.ts';
import type {WorkerProcess} from './worker-process.ts';

const ANSWER_MS = 2000;

/** Why a worker has ended: by itself, or because it was told to. */
export type WorkerEnd = 'crashed' | 'told';

/** The metrics of a server of several processes, as if it were one. */
export class WorkerMetrics implements MetricsSource {
  readonly contentType = TOTAL_CONTENT_TYPE;
  readonly #registry = new Registry();
  readonly #workers: () => readonly WorkerProcess[];
  readonly #log: Logger;
  readonly #states: Gauge<'state'>;
  readonly #ends: Counter<'reason'>;
  /** What each worker has said last. */
  readonly #last = new Map<WorkerProcess, MetricValues>();
  /** Counters of those that have ended. */
  #ended: MetricValues = [];
  #adding = Promise.resolve();

  constructor(workers: () => readonly WorkerProcess[], log: Logger) {
    this.#workers = workers;
    this.#log = log;
    const registers = [this.#registry];
    collectDefaultMetrics({register: this.#registry});
    this.#states = new NewGauge({
      name: 'webkms_workers',
      help: 'Worker processes, by state: starting, listening, or leaving (they finish what they were asked).',
      labelNames: ['state'],
      registers,
    });
    this.#ends = new NewCounter({
      name: 'webkms_worker_ends_total',
      help: 'Worker processes that have ended, by reason: crashed, or told (by a restart).',
      labelNames: ['reason'],
      registers,
    });
    for (const reason of ['crashed', 'told'] satisfies WorkerEnd[]) this.#ends.inc({reason}, 0);
  }

  /** A worker says what it has counted, for the last time. @throws WorkerMessageError */
  heard(worker: WorkerProcess, values: unknown): void {
    this.#last.set(worker, metricValues(values));
  }

  /** What it has counted stays. Never rejects: the server goes on, whatever it has counted. */
  ended(worker: WorkerProcess, reason: WorkerEnd): Promise<void> {
    this.#ends.inc({reason});
    const last = this.#last.get(worker);
    this.#last.delete(worker);
    // Another may end before this is added up.
    if (last) this.#adding = this.#adding.then(() => this.#add(worker, last));
    return this.#adding;
  }

  async render(): Promise<string> {
    await Promise.all(this.#workers().map((worker) => this.#ask(worker)));
    for (const state of ['starting', 'listening', 'leaving'] satisfies WorkerState[]) {
      this.#states.set({state}, this.#workers().filter((worker) => worker.state === state).length);
    }
    const own = await this.#own();
    await this.#adding;
    return renderTotal([own, ...this.#last.values(), this.#ended]);
  }

  async #add(worker: WorkerProcess, last: MetricValues): Promise<void> {
    try {
      this.#ended = metricValues(await totalMetrics([this.#ended, lasting(last)]));
    } catch (err) {
      this.#log.error({err, worker: worker.number}, 'what a worker has counted is lost');
    }
  }

  /** Of the primary, what every process has; its event loop has little to do, and would make an average better than it is. */
  async #own(): Promise<MetricValues> {
    const values: MetricValues = await this.#registry.getMetricsAsJSON();
    return values.filter(({name}) => !name.startsWith('nodejs_'));
  }

  async #ask(worker: WorkerProcess): Promise<void> {
    if (worker.state === 'starting') return;
    try {
      const values = await worker.channel.ask('metrics', undefined, {timeoutMs: ANSWER_MS});
      if (this.#workers().includes(worker)) this.heard(worker, values);
    } catch (err) {
      this.#log.warn({err, worker: worker.number}, 'a worker does not say what it has counted');
    }
  }
}
