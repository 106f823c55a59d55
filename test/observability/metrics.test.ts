import {expect} from 'chai';
import {NO_METRICS} from '../../lib/observability/metrics.ts';
import {startMetricsListener, type MetricsListener} from '../../lib/observability/metrics-listener.ts';
import {PrometheusMetrics} from '../../lib/observability/prometheus-metrics.ts';

describe('metrics', () => {
  const metrics = new PrometheusMetrics();
  let listener: MetricsListener;
  before(async () => {
    listener = await startMetricsListener({host: '127.0.0.1', port: 0}, metrics);
  });
  after(() => listener.close());

  async function get(
    path: string,
    method = 'GET',
  ): Promise<{status: number; type: string | null; text: string}> {
    const response = await fetch(`http://127.0.0.1:${listener.address.port}${path}`, {method});
    return {status: response.status, type: response.headers.get('content-type'), text: await response.text()};
  }

  it('are counted by route, status, reason, stage, cache and what keys went through', async () => {
    metrics.request('getKeystore', 200, 0.002);
    metrics.request('getKeystore', 403, 0.001);
    metrics.request('getKeystore', 403, 0.001);
    metrics.refusal('revoked');
    metrics.stage('verify', 0.0004);
    metrics.cache('capabilities', true);
    metrics.cache('capabilities', false);
    metrics.keyLifecycle('rotated');
    metrics.selfCheck('changed');
    metrics.ipcCall('sign', 'done', 0.0004);
    metrics.ipcCall('sign', 'ipc-client', 0.0001);
    metrics.ipcConnections(3);
    metrics.ipcConnections(2);
    metrics.ipcRefusal('ipc-proof');
    const {status, type, text} = await get('/metrics');
    expect({status, type}).to.deep.equal({status: 200, type: 'text/plain; version=0.0.4; charset=utf-8'});
    const samples = text.split('\n');
    expect(samples).to.include.members([
      'webkms_requests_total{route="getKeystore",status="200"} 1',
      'webkms_requests_total{route="getKeystore",status="403"} 2',
      'webkms_request_duration_seconds_count{route="getKeystore"} 3',
      'webkms_refusals_total{reason="revoked"} 1',
      'webkms_stage_duration_seconds_bucket{le="0.0005",stage="verify"} 1',
      'webkms_stage_duration_seconds_bucket{le="0.00025",stage="verify"} 0',
      'webkms_cache_lookups_total{cache="capabilities",result="hit"} 1',
      'webkms_cache_lookups_total{cache="capabilities",result="miss"} 1',
      'webkms_key_lifecycle_total{event="rotated"} 1',
      'webkms_self_checks_total{result="changed"} 1',
      'webkms_ipc_calls_total{action="sign",outcome="done"} 1',
      'webkms_ipc_calls_total{action="sign",outcome="ipc-client"} 1',
      'webkms_ipc_call_duration_seconds_count{action="sign"} 2',
      'webkms_ipc_connections 2',
      'webkms_ipc_refusals_total{reason="ipc-proof"} 1',
    ]);
  });

  it('tell of the process and the event loop', async () => {
    const {text} = await get('/metrics');
    expect(text)
      .to.match(/^nodejs_eventloop_lag_p99_seconds \S+$/m)
      .and.match(/^process_cpu_seconds_total \S+$/m);
  });

  it('are all that the listener answers', async () => {
    expect((await get('/')).status).to.equal(404);
    expect((await get('/metrics', 'POST')).status).to.equal(405);
  });

  it('of two servers in a process do not mix', async () => {
    const other = new PrometheusMetrics();
    other.refusal('only-here');
    expect((await get('/metrics')).text).not.to.include('only-here');
    expect(await other.render()).to.include('only-here');
  });

  it('cost nothing where they are off', () => {
    NO_METRICS.request('x', 200, 1);
    NO_METRICS.refusal('x');
    NO_METRICS.stage('x', 1);
    NO_METRICS.cache('x', true);
    expect(Object.isFrozen(NO_METRICS)).to.equal(true);
  });
});
