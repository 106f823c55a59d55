import {createServer, type Server} from 'node:http';
import {once} from 'node:events';
import type {AddressInfo} from 'node:net';
import {expect} from 'chai';
import {Lane} from '../../bench/load/lane.ts';
import {replay} from '../../bench/load/replay.ts';
import {sendSteadily} from '../../bench/load/steady.ts';
import {at} from '../../bench/support/at.ts';

describe('load of the benchmark', () => {
  let server: Server;
  let lanes: readonly Lane[];
  let paths: string[];

  beforeEach(async () => {
    paths = [];
    server = createServer((request, response) => {
      const {url = ''} = request;
      paths.push(url);
      if (url === '/closing') response.setHeader('connection', 'close');
      response.statusCode = url === '/refused' ? 403 : 200;
      // In two pieces.
      response.setHeader('content-length', 4).write('ab');
      setImmediate(() => response.end('cd'));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const {port} = server.address() as AddressInfo;
    lanes = await Promise.all([Lane.open(port), Lane.open(port)]);
  });
  afterEach(async () => {
    for (const lane of lanes) lane.close();
    server.close();
    await once(server, 'close');
  });

  const request = (path: string): Buffer => Buffer.from(`GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`);
  const isOk = (status: number): boolean => status === 200;

  it('sends each request once, and opens again what was closed', async () => {
    const sent = ['/1', '/closing', '/2', '/closing', '/3', '/4'];
    const {latenciesMs, seconds} = await replay(lanes, sent.map(request), isOk);
    expect(paths.toSorted()).to.deep.equal(sent.toSorted());
    expect(latenciesMs).to.have.length(6);
    expect(latenciesMs.every((ms) => ms > 0)).to.equal(true);
    expect(seconds).to.be.greaterThan(0);
  });

  it('fails where an answer is not what is expected, also at a steady rate', async () => {
    const requests = ['/1', '/refused'].map(request);
    const failures = await Promise.allSettled([
      replay(lanes.slice(0, 1), requests, isOk),
      sendSteadily(lanes.slice(1), requests, {perSecond: 1000, isExpected: isOk}),
    ]);
    expect(failures.map(({status}) => status)).to.deep.equal(['rejected', 'rejected']);
  });

  it('fails where the server closes without an answer', async () => {
    const waiting = at(lanes, 0).send(Buffer.from('GET /'));
    server.closeAllConnections();
    expect(await waiting.catch((error: unknown) => error)).to.be.instanceOf(Error);
  });
});
