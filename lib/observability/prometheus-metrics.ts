import {Registry, collectDefaultMetrics} from 'prom-client';
import type {Metrics} from './metrics.ts';
import {CounterTally, Gauge, HistogramTally} from './tallies.ts';
import {renderTotal, TOTAL_CONTENT_TYPE, type MetricValues} from './total-metrics.ts';

/** Seconds; a signature takes tens of microseconds, a durable write some milliseconds. */
const BOUNDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** What is counted of requests and keys, with the process's metrics and the event loop's. */
export class PrometheusMetrics implements Metrics {
  readonly contentType = TOTAL_CONTENT_TYPE;
  readonly #process = new Registry();
  readonly #requests = new CounterTally({
    name: 'webkms_requests_total',
    help: 'Requests answered, by route and status.',
    labels: ['route', 'status'],
  });
  readonly #requestSeconds = new HistogramTally({
    name: 'webkms_request_duration_seconds',
    help: 'Time from the request head to the reply, by route.',
    label: 'route',
    bounds: BOUNDS,
  });
  readonly #refusals = new CounterTally({
    name: 'webkms_refusals_total',
    help: 'Requests refused, by reason.',
    labels: ['reason'],
  });
  readonly #stageSeconds = new HistogramTally({
    name: 'webkms_stage_duration_seconds',
    help: 'Time that parts of requests took, by stage.',
    label: 'stage',
    bounds: BOUNDS,
  });
  readonly #cacheLookups = new CounterTally({
    name: 'webkms_cache_lookups_total',
    help: 'Cache lookups, by cache and result (hit or miss).',
    labels: ['cache', 'result'],
  });
  readonly #keyLifecycle = new CounterTally({
    name: 'webkms_key_lifecycle_total',
    help: 'What the server did with keys by itself, or failed to do, by event.',
    labels: ['event'],
  });
  readonly #selfChecks = new CounterTally({
    name: 'webkms_self_checks_total',
    help: 'Comparisons of the program with its manifest, by result.',
    labels: ['result'],
  });
  readonly #ipcCalls = new CounterTally({
    name: 'webkms_ipc_calls_total',
    help: 'Calls over the IPC socket, by action and outcome.',
    labels: ['action', 'outcome'],
  });
  readonly #ipcCallSeconds = new HistogramTally({
    name: 'webkms_ipc_call_duration_seconds',
    help: 'Time from a call over the IPC socket to its answer, by action.',
    label: 'action',
    bounds: BOUNDS,
  });
  readonly #ipcConnections = new Gauge({
    name: 'webkms_ipc_connections',
    help: 'Open connections of applications over the IPC socket.',
  });
  readonly #ipcRefusals = new CounterTally({
    name: 'webkms_ipc_refusals_total',
    help: 'Connections over the IPC socket that were refused, by reason.',
    labels: ['reason'],
  });

  constructor() {
    collectDefaultMetrics({register: this.#process, eventLoopMonitoringPrecision: 20});
  }

  request(route: string, status: number, seconds: number): void {
    this.#requests.add(route, status);
    this.#requestSeconds.observe(route, seconds);
  }

  refusal(reason: string): void {
    this.#refusals.add(reason);
  }

  stage(name: string, seconds: number): void {
    this.#stageSeconds.observe(name, seconds);
  }

  cache(name: string, hit: boolean): void {
    this.#cacheLookups.add(name, hit ? 'hit' : 'miss');
  }

  keyLifecycle(event: string): void {
    this.#keyLifecycle.add(event);
  }

  selfCheck(result: string): void {
    this.#selfChecks.add(result);
  }

  ipcCall(action: string, outcome: string, seconds: number): void {
    this.#ipcCalls.add(action, outcome);
    this.#ipcCallSeconds.observe(action, seconds);
  }

  ipcConnections(open: number): void {
    this.#ipcConnections.set(open);
  }

  ipcRefusal(reason: string): void {
    this.#ipcRefusals.add(reason);
  }

  /** What is counted, for `totalMetrics` in another process. */
  async values(): Promise<MetricValues> {
    const tallies = [
      this.#requests,
      this.#requestSeconds,
      this.#refusals,
      this.#stageSeconds,
      this.#cacheLookups,
      this.#keyLifecycle,
      this.#selfChecks,
      this.#ipcCalls,
      this.#ipcCallSeconds,
      this.#ipcConnections,
      this.#ipcRefusals,
    ];
    const ofProcess: MetricValues = await this.#process.getMetricsAsJSON();
    return [...ofProcess, ...tallies.map((tally) => tally.samples())];
  }

  /** The text that `/metrics` answers. */
  async render(): Promise<string> {
    return renderTotal([await this.values()]);
  }
}
