import {once} from 'node:events';
import {connect, type Socket} from 'node:net';
import {expect} from 'chai';
import {KEYSTORE, startTestServer, stopTestServers} from './test-server.ts';

const GET = `GET /kms/keystores/${KEYSTORE} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
const READY = 'GET /health/ready HTTP/1.1\r\nHost: localhost\r\n\r\n';

async function open(port: number): Promise<{socket: Socket; text: () => string; ended: Promise<unknown>}> {
  const socket = connect({port, host: '127.0.0.1', noDelay: true});
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return {socket, text: () => Buffer.concat(chunks).toString(), ended: once(socket, 'close')};
}

describe('drain', () => {
  afterEach(stopTestServers);

  it('answers what is in flight, closes those connections, takes no new ones', async () => {
    const {promise: release, resolve} = Promise.withResolvers<undefined>();
    const {promise: arrived, resolve: arrive} = Promise.withResolvers<undefined>();
    const server = await startTestServer({
      endpoints: {
        getKeystore: async () => {
          arrive(undefined);
          await release;
          return {status: 200, body: {done: true}};
        },
      },
    });
    const busy = await open(server.port);
    const idle = await open(server.port);
    idle.socket.write(READY);
    await once(idle.socket, 'data');
    expect(idle.text()).to.match(/^HTTP\/1\.1 200/);
    busy.socket.write(GET);
    await arrived;

    const drained = server.server.drain(10_000);
    await idle.ended;
    const refused = connect({port: server.port, host: '127.0.0.1'});
    const [error] = (await once(refused, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).to.equal('ECONNREFUSED');

    resolve(undefined);
    await drained;
    await busy.ended;
    expect(busy.text())
      .to.match(/^HTTP\/1\.1 200/)
      .and.match(/\r\nConnection: close\r\n/i)
      .and.include('{"done":true}');
  });

  it('is not ready while draining, on connections that are still open', async () => {
    const server = await startTestServer();
    const client = await open(server.port);
    server.lifecycle.drain();
    client.socket.write(READY);
    await client.ended;
    expect(client.text())
      .to.match(/^HTTP\/1\.1 503/)
      .and.include('"details":{"failed":["draining"]}');
  });

  it('closes what does not finish in time', async () => {
    const {promise: arrived, resolve: arrive} = Promise.withResolvers<undefined>();
    const server = await startTestServer({
      endpoints: {
        getKeystore: () => {
          arrive(undefined);
          return new Promise(() => undefined);
        },
      },
    });
    const stuck = await open(server.port);
    stuck.socket.write(GET);
    await arrived;
    await server.server.drain(20);
    await stuck.ended;
    expect(stuck.text()).to.equal('');
    expect(server.logged.map(({level, msg}) => `${String(level)}: ${String(msg)}`)).to.include(
      'warn: closing connections that did not finish in time',
    );
  });

  it('may be asked for twice', async () => {
    const server = await startTestServer();
    await Promise.all([server.server.drain(1000), server.server.drain(1000)]);
    await server.server.drain(1000);
  });
});
