import {expect} from 'chai';
import {PrometheusMetrics} from '../../lib/observability/prometheus-metrics.ts';
import {lasting, renderTotal, totalMetrics} from '../../lib/observability/total-metrics.ts';

const sampleOf = (text: string, name: string): number =>
  Number(new RegExp(`^${name.replaceAll(/[{}]/g, '\\$&')} (\\S+)$`, 'm').exec(text)?.[1]);

describe('metrics of several processes', () => {
  it('are sums, but for what is no sum', async () => {
    const [one, other] = [new PrometheusMetrics(), new PrometheusMetrics()];
    one.request('sign', 200, 0.002);
    other.request('sign', 200, 0.2);
    other.request('sign', 403, 0.002);
    // As they go from process to process.
    const values = structuredClone([await one.values(), await other.values()]);
    const text = await renderTotal(values);
    expect(sampleOf(text, 'webkms_requests_total{route="sign",status="200"}')).to.equal(2);
    expect(sampleOf(text, 'webkms_requests_total{route="sign",status="403"}')).to.equal(1);
    expect(sampleOf(text, 'webkms_request_duration_seconds_count{route="sign"}')).to.equal(3);
    expect(sampleOf(text, 'webkms_request_duration_seconds_bucket{le="0.0025",route="sign"}')).to.equal(2);
    const alone = await one.render();
    for (const name of ['process_start_time_seconds', 'process_max_fds'])
      expect(sampleOf(text, name), name).to.equal(sampleOf(alone, name));
    expect(sampleOf(text, 'process_resident_memory_bytes')).to.be.greaterThan(
      sampleOf(alone, 'process_resident_memory_bytes') * 1.5,
    );
    expect(text).to.match(/^nodejs_version_info\{.*\} 1$/m);
  });

  it('go on to count what a process has counted that has ended, and nothing else of it', async () => {
    const one = new PrometheusMetrics();
    one.request('sign', 200, 0.002);
    const ended = await totalMetrics([[], lasting(await one.values())]);
    const text = await renderTotal([ended, await new PrometheusMetrics().values()]);
    expect(sampleOf(text, 'webkms_requests_total{route="sign",status="200"}')).to.equal(1);
    expect(sampleOf(text, 'webkms_request_duration_seconds_count{route="sign"}')).to.equal(1);
    expect(ended.map(({name}) => name)).not.to.include('process_resident_memory_bytes');
  });
});
