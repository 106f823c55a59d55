import {once} from 'node:events';
import {Agent, get as getOverTls} from 'node:https';
import {connect, type Socket} from 'node:net';
import {text as readText} from 'node:stream/consumers';
import type {IncomingMessage} from 'node:http';
import {expect} from 'chai';
import {createSelfSignedCertificate} from '../../lib/http/self-signed-certificate.ts';
import {KEYSTORE, startTestServer, stopTestServers, talk, type TestServer} from './test-server.ts';

const PATH = `/kms/keystores/${KEYSTORE}`;
const GET = `GET ${PATH} HTTP/1.1\r\nHost: localhost\r\n`;
const HEALTH = 'GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';
const HOUR_MS = 3_600_000;
/** As of a thousand signatures of ML-DSA-87, and with what takes more than a byte: in all 8 MB. */
const BODY = {results: Array.from({length: 1000}, (_, index) => ({index, signature: 'ä€'.repeat(1600)}))};
const JSON_BODY = JSON.stringify(BODY);
const LENGTH = Buffer.byteLength(JSON_BODY);

const longReply = {endpoints: {getKeystore: async () => ({status: 200, body: BODY})}};

async function open(port: number): Promise<Socket> {
  const socket = connect({port, host: '127.0.0.1'});
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** Its bodies, of which each is as long as its head says. */
function bodiesOf(replies: string): string[] {
  const bodies: string[] = [];
  for (let rest = Buffer.from(replies, 'latin1'); rest.length > 0;) {
    const head = rest.subarray(0, rest.indexOf('\r\n\r\n') + 4);
    const length = Number(/content-length: (\d+)/i.exec(head.toString())?.[1]);
    bodies.push(rest.subarray(head.length, head.length + length).toString());
    rest = rest.subarray(head.length + length);
  }
  return bodies;
}

const errorsOf = ({logged}: TestServer) => logged.filter(({level}) => level === 'error' || level === 'warn');

describe('a long reply', () => {
  afterEach(stopTestServers);

  it('is whole over TLS, with its length, and its connection goes on', async () => {
    const now = Date.now();
    const credentials = await createSelfSignedCertificate({
      hosts: ['localhost'],
      notBefore: new Date(now - HOUR_MS),
      notAfter: new Date(now + HOUR_MS),
    });
    const {port} = await startTestServer({...longReply, credentials});
    const agent = new Agent({keepAlive: true, maxSockets: 1, ca: credentials.cert});
    const localPorts: (number | undefined)[] = [];
    for (let time = 0; time < 3; time++) {
      const [reply] = (await once(
        getOverTls({port, host: 'localhost', path: PATH, agent, headers: {host: 'localhost'}}),
        'response',
      )) as [IncomingMessage];
      localPorts.push(reply.socket.localPort);
      expect(reply.statusCode).to.equal(200);
      expect(reply.headers).to.include({
        'content-type': 'application/json',
        'content-length': String(LENGTH),
        'cache-control': 'no-store',
      });
      expect(reply.headers).not.to.have.property('transfer-encoding');
      expect((await readText(reply)) === JSON_BODY).to.equal(true);
    }
    expect(new Set(localPorts).size).to.equal(1);
    agent.destroy();
  });

  it('comes in order where several were asked for at once on one connection', async () => {
    const {port} = await startTestServer(longReply);
    const replies = await talk(port, `${GET}\r\n`, `${GET}\r\n`, HEALTH);
    const bodies = bodiesOf(replies);
    expect(bodies.map((body) => body === JSON_BODY)).to.deep.equal([true, true, false]);
    expect(JSON.parse(bodies[2] ?? '')).to.deep.equal({status: 'ok'});
  });

  it('ends its connection where the client wants that, or sends on without end', async () => {
    const {port} = await startTestServer(longReply);
    const closed = await talk(port, `${GET}Connection: close\r\n\r\n`);
    expect(bodiesOf(closed)[0] === JSON_BODY).to.equal(true);
    const endless = await talk(port, `${GET}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n`);
    expect(endless).to.match(/connection: close/i);
    expect(bodiesOf(endless)[0] === JSON_BODY).to.equal(true);
  });

  it('waits for a client that does not read, and keeps nobody else waiting', async () => {
    const server = await startTestServer(longReply);
    const socket = await open(server.port);
    socket.pause();
    socket.write(`${GET}Connection: close\r\n\r\n`);
    for (let time = 0; time < 5; time++)
      expect(await talk(server.port, HEALTH)).to.match(/^HTTP\/1\.1 200 OK/);
    const replies = await readText(socket.setEncoding('latin1'));
    expect(bodiesOf(replies)[0] === JSON_BODY).to.equal(true);
    expect(errorsOf(server)).to.deep.equal([]);
  });

  it('is written no further where the client goes away in its middle', async () => {
    const server = await startTestServer(longReply);
    for (let time = 0; time < 10; time++) {
      const socket = await open(server.port);
      socket.write(`${GET}\r\n`);
      await once(socket, 'data');
      socket.resetAndDestroy();
    }
    await server.server.drain(10_000);
    expect(errorsOf(server)).to.deep.equal([]);
    expect(server.counted.filter((line) => line.startsWith('request '))).to.have.length(10);
  });

  it('is cut off where a client does not read for as long as connections may be idle', async () => {
    const server = await startTestServer({...longReply, limits: {idleTimeoutMs: 100}});
    const socket = await open(server.port);
    socket.pause();
    socket.write(`${GET}\r\n`);
    await once(socket, 'readable');
    await server.server.drain(5000);
    expect(errorsOf(server)).to.deep.equal([]);
    socket.destroy();
  });
});
