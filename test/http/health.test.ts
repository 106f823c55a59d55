import {expect} from 'chai';
import type {EndpointRequest} from '../../lib/http/endpoint.ts';
import {createReady, type HealthCheck} from '../../lib/http/health.ts';
import {Lifecycle} from '../../lib/http/lifecycle.ts';
import {send, type WireResponse} from '../support/raw-client.ts';
import {recordingLog, startTestServer, stopTestServers, type TestServer} from './test-server.ts';

function get({port}: TestServer, path: string, host = 'anything.example'): Promise<WireResponse> {
  return send({port}, {method: 'GET', target: path, headers: [['Host', host]]});
}

const good: HealthCheck = {name: 'store', check: () => Promise.resolve()};
const bad: HealthCheck = {name: 'rootOfTrust', check: () => Promise.reject(new Error('/secret/path'))};

describe('health', () => {
  afterEach(stopTestServers);

  it('R7 answers whatever the Host', async () => {
    const server = await startTestServer({healthChecks: [good]});
    for (const path of ['/health/live', '/health/ready']) {
      for (const host of ['localhost', 'evil.example', '10.0.0.1:80']) {
        const {status, json} = await get(server, path, host);
        expect({status, json}).to.deep.equal({status: 200, json: {status: 'ok'}});
      }
    }
  });

  it('is not ready where a check fails, and names it and nothing else', async () => {
    const server = await startTestServer({healthChecks: [good, bad]});
    const {status, json, text} = await get(server, '/health/ready');
    expect(status).to.equal(503);
    expect(json).to.deep.include({name: 'UnavailableError', details: {failed: ['rootOfTrust']}});
    expect(text).not.to.include('secret');
    expect((await get(server, '/health/live')).status).to.equal(200);
  });

  it('says what is missing though it is ready', async () => {
    let missing = ['root-of-trust'];
    const server = await startTestServer({healthChecks: [good, {...good, missing: () => missing}]});
    expect((await get(server, '/health/ready')).json).to.deep.equal({status: 'ok', missing});
    missing = [];
    expect((await get(server, '/health/ready')).json).to.deep.equal({status: 'ok'});
  });

  it('is not ready where a check throws or takes too long', async () => {
    const thrower: HealthCheck = {
      name: 'thrower',
      check: () => {
        throw new Error('at once');
      },
    };
    const sleeper: HealthCheck = {name: 'sleeper', check: () => new Promise(() => undefined)};
    const server = await startTestServer({healthChecks: [thrower, good, sleeper]});
    const {status, json} = await get(server, '/health/ready');
    expect(status).to.equal(503);
    expect(json).to.deep.include({details: {failed: ['thrower', 'sleeper']}});
  });

  it('is ready again when the check passes again', async () => {
    let fails = true;
    const server = await startTestServer({
      healthChecks: [
        {name: 'store', check: () => (fails ? Promise.reject(new Error('down')) : Promise.resolve())},
      ],
    });
    expect((await get(server, '/health/ready')).status).to.equal(503);
    fails = false;
    expect((await get(server, '/health/ready')).status).to.equal(200);
  });

  it('asks the checks once for all who ask at the same time, and believes a good answer for a second', async () => {
    let rounds = 0;
    let now = 5000;
    const {promise, resolve} = Promise.withResolvers<undefined>();
    const check = (): Promise<void> => {
      rounds += 1;
      return promise;
    };
    const ready = createReady([{name: 'store', check}], new Lifecycle(), () => now);
    const request = {log: recordingLog([])} as unknown as EndpointRequest;
    const answers = Promise.all([ready(request), ready(request), ready(request)]);
    resolve(undefined);
    expect((await answers).map(({status}) => status)).to.deep.equal([200, 200, 200]);
    expect(rounds).to.equal(1);
    now = 5999;
    await ready(request);
    expect(rounds).to.equal(1);
    now = 6000;
    await ready(request);
    expect(rounds).to.equal(2);
  });
});
