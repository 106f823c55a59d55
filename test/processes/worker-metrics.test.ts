import {expect} from 'chai';
import {createLogger} from '../../lib/observability/logger.ts';
import {PrometheusMetrics} from '../../lib/observability/prometheus-metrics.ts';
import type {Channel} from '../../lib/processes/channel.ts';
import {metricValues} from '../../lib/processes/metric-values.ts';
import {WorkerMetrics} from '../../lib/processes/worker-metrics.ts';
import {WorkerMessageError} from '../../lib/processes/worker-messages.ts';
import type {WorkerProcess} from '../../lib/processes/worker-process.ts';
import {channelPair} from './channel-pair.ts';

interface Worker {
  readonly process: WorkerProcess;
  readonly own: Channel;
}

function worker(number: number): Worker {
  const [channel, own] = channelPair({maxEarly: 0}).ends;
  return {process: {channel, number, state: 'listening'} as unknown as WorkerProcess, own};
}

async function counted(status = 200): Promise<unknown> {
  const metrics = new PrometheusMetrics();
  metrics.request('sign', status, 0.002);
  return structuredClone(await metrics.values());
}

const counter = (members: object = {}): object => ({
  ...{name: 'webkms_requests_total', help: 'x', type: 'counter', aggregator: 'sum'},
  values: [{value: 1, labels: {route: 'sign'}}],
  ...members,
});
const sample = (members: object): object => counter({values: [{value: 1, labels: {}, ...members}]});

const FORGED: readonly unknown[] = [
  undefined,
  7,
  {},
  [null],
  [{name: 'x', type: 'counter', values: 7}],
  [counter({name: 'x'})],
  [counter({name: 'constructor'})],
  [counter({name: 'webkms_x 1\nwebkms_y'})],
  [counter({help: 7})],
  [counter({help: 'x'.repeat(1001)})],
  [counter({type: 'summary'})],
  [counter({type: 'gauge', aggregator: 'constructor'})],
  [counter({values: 7})],
  [counter({values: [null]})],
  [sample({value: '1'})],
  [sample({value: NaN})],
  [sample({value: -1})],
  [sample({value: Infinity})],
  [sample({labels: undefined})],
  [sample({labels: {['__proto__']: 'x'}})],
  [sample({labels: {'route="x"} 1\n#': 'x'}})],
  [sample({labels: {route: {}}})],
  [sample({labels: Object.fromEntries(Array.from({length: 9}, (_, i) => [`l${i}`, i]))})],
  [sample({metricName: 'webkms_refusals_total'})],
  [sample({metricName: {}})],
  Array(501).fill(counter()),
  [counter({values: Array(10_001).fill({value: 1, labels: {}})})],
  Array(3).fill(counter({values: Array(5000).fill({value: 1, labels: {}})})),
];

describe('WorkerMetrics', () => {
  const log = createLogger({level: 'silent'});
  let workers: readonly [Worker, Worker];
  let metrics: WorkerMetrics;

  beforeEach(() => {
    workers = [worker(1), worker(2)];
    metrics = new WorkerMetrics(() => workers.map(({process}) => process), log);
  });

  it('takes what workers count as it is', async () => {
    const values = await counted();
    const taken = JSON.stringify(metricValues(values));
    for (const name of ['webkms_requests_total', 'nodejs_version_info', 'webkms_stage_duration_seconds'])
      expect(taken).to.include(name);
    expect(metricValues(values)).to.have.lengthOf((values as unknown[]).length);
    expect(metricValues([counter()])).to.deep.equal([counter()]);
    // What counts, nobody leaves out.
    expect(metricValues([counter({aggregator: 'omit', more: 1})])).to.deep.equal([counter()]);
  });

  it('believes no worker, and goes on to count what the others say', async () => {
    const [taken, honest] = workers;
    honest.own.on('metrics', () => counted());
    for (const forged of FORGED) {
      expect(() => metrics.heard(taken.process, forged), JSON.stringify({forged}).slice(0, 100)).to.throw(
        WorkerMessageError,
      );
      taken.own.on('metrics', () => forged);
      expect(await metrics.render()).to.include('webkms_requests_total{route="sign",status="200"} 1');
    }
    await metrics.ended(taken.process, 'crashed');
    expect(await metrics.render()).to.include('webkms_worker_ends_total{reason="crashed"} 1');
  });

  it('keeps what workers have counted that end at the same time', async () => {
    for (const {process} of workers) metrics.heard(process, await counted());
    const ending = workers.map(({process}) => metrics.ended(process, 'told'));
    workers = [worker(3), worker(4)];
    for (const {own} of workers) own.on('metrics', () => counted(403));
    await Promise.all(ending);
    const text = await metrics.render();
    expect(text).to.include('webkms_requests_total{route="sign",status="200"} 2');
    expect(text).to.include('webkms_requests_total{route="sign",status="403"} 2');
  });

  it('keeps no more than so much of those that have ended', async () => {
    const [taken, honest] = workers;
    const labelled = (from: number): unknown => [
      counter({values: Array.from({length: 9000}, (_, i) => ({value: 1, labels: {route: `r${from + i}`}}))}),
    ];
    for (const from of [0, 9000, 18_000]) {
      metrics.heard(taken.process, labelled(from));
      await metrics.ended(taken.process, 'crashed');
    }
    // And the greatest number twice is none that can be added.
    for (const value of [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]) {
      metrics.heard(taken.process, [counter({values: [{value, labels: {route: 'r0'}}]})]);
      await metrics.ended(taken.process, 'crashed');
    }
    metrics.heard(honest.process, await counted());
    await metrics.ended(honest.process, 'told');
    for (const {own} of workers) own.on('metrics', () => []);
    const text = await metrics.render();
    expect(text.match(/^webkms_requests_total\{/gm)).to.have.lengthOf(9001);
    expect(text).to.include('webkms_requests_total{route="r0"} 1\n');
    expect(text).to.include('webkms_requests_total{route="sign",status="200"} 1\n');
  });
});
