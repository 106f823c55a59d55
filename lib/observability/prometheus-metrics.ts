import {Counter, Histogram, Registry, collectDefaultMetrics} from 'prom-client';
import type {Metrics} from './metrics.ts';
import type {MetricValues} from './total-metrics.ts';

/** Seconds; a signature takes tens of microseconds, a durable write some milliseconds. */
const BUCKETS = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10,
];

/** Metrics in a registry of their own, with the process's and the event loop's. */
export class PrometheusMetrics implements Metrics {
  readonly #registry = new Registry();
  readonly #requests: Counter<'route' | 'status'>;
  readonly #requestSeconds: Histogram<'route'>;
  readonly #refusals: Counter<'reason'>;
  readonly #stageSeconds: Histogram<'stage'>;
  readonly #cacheLookups: Counter<'cache' | 'result'>;
  readonly #keyLifecycle: Counter<'event'>;

  constructor() {
    const registers = [this.#registry];
    collectDefaultMetrics({register: this.#registry, eventLoopMonitoringPrecision: 20});
    this.#requests = new Counter({
      name: 'webkms_requests_total',
      help: 'Requests answered, by route and status.',
      labelNames: ['route', 'status'],
      registers,
    });
    this.#requestSeconds = new Histogram({
      name: 'webkms_request_duration_seconds',
      help: 'Time from the request head to the reply, by route.',
      labelNames: ['route'],
      buckets: BUCKETS,
      registers,
    });
    this.#refusals = new Counter({
      name: 'webkms_refusals_total',
      help: 'Requests refused, by reason.',
      labelNames: ['reason'],
      registers,
    });
    this.#stageSeconds = new Histogram({
      name: 'webkms_stage_duration_seconds',
      help: 'Time that parts of requests took, by stage.',
      labelNames: ['stage'],
      buckets: BUCKETS,
      registers,
    });
    this.#cacheLookups = new Counter({
      name: 'webkms_cache_lookups_total',
      help: 'Cache lookups, by cache and result (hit or miss).',
      labelNames: ['cache', 'result'],
      registers,
    });
    this.#keyLifecycle = new Counter({
      name: 'webkms_key_lifecycle_total',
      help: 'What the server did with keys by itself, or failed to do, by event.',
      labelNames: ['event'],
      registers,
    });
  }

  request(route: string, status: number, seconds: number): void {
    this.#requests.inc({route, status});
    this.#requestSeconds.observe({route}, seconds);
  }

  refusal(reason: string): void {
    this.#refusals.inc({reason});
  }

  stage(name: string, seconds: number): void {
    this.#stageSeconds.observe({stage: name}, seconds);
  }

  cache(name: string, hit: boolean): void {
    this.#cacheLookups.inc({cache: name, result: hit ? 'hit' : 'miss'});
  }

  keyLifecycle(event: string): void {
    this.#keyLifecycle.inc({event});
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** What is counted, for `totalMetrics` in another process. */
  values(): Promise<MetricValues> {
    return this.#registry.getMetricsAsJSON();
  }

  /** The text that `/metrics` answers. */
  render(): Promise<string> {
    return this.#registry.metrics();
  }
}
