import {once} from 'node:events';
import {connect as connectTcp, type Socket} from 'node:net';
import {connect as connectTls} from 'node:tls';
import {expect} from 'chai';
import {wireBytes, withHeader} from '../support/signed-request.ts';
import {useScene} from './support/cases.ts';
import type {HostileScene} from './support/hostile-scene.ts';

async function connect(s: HostileScene): Promise<Socket> {
  const socket = connectTls({
    host: '127.0.0.1',
    port: s.server.port,
    ca: s.server.ca,
    servername: 'localhost',
  });
  socket.on('error', () => undefined);
  await once(socket, 'secureConnect');
  return socket;
}

/** All that comes until the server closes. */
async function rest(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(socket, 'close');
  return Buffer.concat(chunks).toString('latin1');
}

const TOO_LATE = /^HTTP\/1\.1 408 Request Timeout\r\n[^]*"name":"RequestTimeoutError"/;

describe('hostile: slow clients', () => {
  const scene = useScene({WEBKMS_REQUEST_TIMEOUT: '1s'});

  it('R1 headers that do not end are answered with 408', async () => {
    const s = scene();
    const before = s.database.snapshot();
    const socket = await connect(s);
    socket.write(wireBytes(s.signing()).subarray(0, 300));
    expect(await rest(socket)).to.match(TOO_LATE);
    expect(s.database.snapshot()).to.deep.equal(before);
    await s.accepted(s.signing());
  });

  it('R1 headers that come byte by byte are answered with 408', async () => {
    const s = scene();
    const socket = await connect(s);
    const bytes = wireBytes(s.creating());
    let sent = 0;
    const timer = setInterval(() => socket.write(bytes.subarray(sent, ++sent)), 20);
    expect(await rest(socket)).to.match(TOO_LATE);
    clearInterval(timer);
    await s.accepted(s.creating(), 201);
  });

  it('R1 a body that does not end is answered with 408, and nothing of it is done', async () => {
    const s = scene();
    const before = s.database.snapshot();
    const request = s.creating();
    const socket = await connect(s);
    socket.write(wireBytes(request).subarray(0, -1));
    expect(await rest(socket)).to.match(TOO_LATE);
    expect(s.database.snapshot()).to.deep.equal(before);
    await s.accepted(s.creating(), 201);
  });

  it('R1 a body shorter than it says is answered with 408, and nothing of it is done', async () => {
    const s = scene();
    const before = s.database.snapshot();
    const socket = await connect(s);
    socket.write(wireBytes(withHeader(s.creating(), 'content-length', '1000')));
    expect(await rest(socket)).to.match(TOO_LATE);
    expect(s.database.snapshot()).to.deep.equal(before);
    await s.accepted(s.creating(), 201);
  });

  it('R1 what follows a body is not part of it, and does not answer for it', async () => {
    const s = scene();
    const before = s.database.snapshot();
    const socket = await connect(s);
    socket.write(Buffer.concat([wireBytes(s.signing()), Buffer.from('junk\r\n\r\n')]));
    // Either the answer was under way already, or the connection is closed without one.
    const statuses = (await rest(socket)).match(/HTTP\/1\.1 \d+/g) ?? [];
    expect(statuses.join()).to.be.oneOf(['', 'HTTP/1.1 200', 'HTTP/1.1 200,HTTP/1.1 400']);
    expect(s.database.snapshot()).to.deep.equal(before);
    await s.accepted(s.signing());
  });

  it('connections on which nothing is said are closed, and others are served meanwhile', async () => {
    const s = scene();
    const silent = await Promise.all(Array.from({length: 30}, async () => connect(s)));
    const bare = Array.from({length: 30}, () => connectTcp({host: '127.0.0.1', port: s.server.port}));
    for (const socket of bare) socket.on('error', () => undefined);
    await s.accepted(s.signing());
    await Promise.all([...silent, ...bare].map(async (socket) => rest(socket)));
    await s.accepted(s.signing());
  });

  it('clients that go away in the middle of a body leave nothing behind', async () => {
    const s = scene();
    const before = s.database.snapshot();
    for (let i = 0; i < 10; i++) {
      const socket = await connect(s);
      socket.write(wireBytes(s.creating()).subarray(0, -2));
      socket.destroy();
    }
    await s.accepted(s.signing());
    expect(s.database.snapshot()).to.deep.equal(before);
  });
});
