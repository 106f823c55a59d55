import {once} from 'node:events';
import {connect} from 'node:net';
import {expect} from 'chai';
import {send} from '../support/raw-client.ts';
import {KEY, KEYSTORE, startTestServer, stopTestServers, talk, type TestServer} from './test-server.ts';

const KEY_PATH = `/kms/keystores/${KEYSTORE}/keys/${KEY}`;
const GET = `GET ${KEY_PATH} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n`;
const POST = `POST ${KEY_PATH} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n`;

/** What must be refused, in full: nothing of it may be taken for something else. */
const REFUSED: readonly {title: string; bytes: string; status: number; code: string}[] = [
  {
    title: 'R1 both Content-Length and Transfer-Encoding',
    bytes: `${POST}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    status: 400,
    code: 'ERR_MALFORMED_REQUEST',
  },
  {
    title: 'Transfer-Encoding spelled in a way that others overlook',
    bytes: `${POST}Content-Length: 4\r\nTransfer-Encoding: xchunked\r\n\r\nabcd`,
    status: 400,
    code: 'ERR_MALFORMED_REQUEST',
  },
  {
    title: 'a transfer coding besides chunked',
    bytes: `${POST}Transfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`,
    status: 400,
    code: 'ERR_MALFORMED_REQUEST',
  },
  {
    title: 'two Content-Length',
    bytes: `${POST}Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde`,
    status: 400,
    code: 'ERR_MALFORMED_REQUEST',
  },
  {
    title: 'a Content-Length that is no number',
    bytes: `${POST}Content-Length: +4\r\n\r\nabcd`,
    status: 400,
    code: 'ERR_MALFORMED_REQUEST',
  },
  {
    title: 'obs-fold',
    bytes: `${GET}X-Folded: one\r\n two\r\n\r\n`,
    status: 400,
    code: 'ERR_MALFORMED_REQUEST',
  },
  {
    title: 'space before the colon',
    bytes: `${GET}X-Spaced : one\r\n\r\n`,
    status: 400,
    code: 'ERR_MALFORMED_REQUEST',
  },
  {title: 'NUL in a header', bytes: `${GET}X-Nul: a\0b\r\n\r\n`, status: 400, code: 'ERR_MALFORMED_REQUEST'},
  {
    title: 'R1 two Host lines',
    bytes: `${GET}Host: localhost\r\n\r\n`,
    status: 400,
    code: 'ERR_MALFORMED_REQUEST',
  },
  {
    title: 'no Host line',
    bytes: `GET ${KEY_PATH} HTTP/1.1\r\nConnection: close\r\n\r\n`,
    status: 400,
    code: 'ERR_MALFORMED_REQUEST',
  },
  {
    title: 'R1 headers over 16 KB',
    bytes: `${GET}X-Long: ${'a'.repeat(16 * 1024)}\r\n\r\n`,
    status: 431,
    code: 'ERR_HEADERS_TOO_LARGE',
  },
  {
    title: 'more header lines than Node would keep',
    bytes: `${GET}${'a:\r\n'.repeat(2100)}\r\n`,
    status: 431,
    code: 'ERR_HEADERS_TOO_LARGE',
  },
  {
    title: 'R1 a target in absolute form',
    bytes: GET.replace('/kms', 'http://localhost/kms') + '\r\n',
    status: 400,
    code: 'ERR_MALFORMED_REQUEST',
  },
  {
    title: 'R31 a fragment in the target',
    bytes: GET.replace(KEY, `${KEY}#x`) + '\r\n',
    status: 400,
    code: 'ERR_MALFORMED_REQUEST',
  },
  {
    title: 'R31 a backslash in the target',
    bytes: GET.replace('/kms/', '/kms\\') + '\r\n',
    status: 400,
    code: 'ERR_MALFORMED_REQUEST',
  },
  {
    title: 'R31 a byte above 0x7f in the target',
    bytes: GET.replace(KEY, `${KEY}\xe9`) + '\r\n',
    status: 400,
    code: 'ERR_MALFORMED_REQUEST',
  },
  {
    title: 'an unknown method',
    bytes: GET.replace('GET', 'BREW') + '\r\n',
    status: 400,
    code: 'ERR_MALFORMED_REQUEST',
  },
  {
    title: 'CONNECT',
    bytes: 'CONNECT localhost:443 HTTP/1.1\r\nHost: localhost\r\n\r\n',
    status: 405,
    code: 'ERR_METHOD_NOT_ALLOWED',
  },
  {title: 'HTTP/0.9', bytes: `GET ${KEY_PATH}\r\n\r\n`, status: 400, code: 'ERR_MALFORMED_REQUEST'},
  {
    title: 'HTTP/2 by prior knowledge',
    bytes: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    status: 400,
    code: 'ERR_MALFORMED_REQUEST',
  },
  {
    title: 'a TLS hello',
    bytes: '\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00',
    status: 400,
    code: 'ERR_MALFORMED_REQUEST',
  },
  {
    title: 'bare LF as line ends',
    bytes: `${GET}X: y\r\n\r\n`.replaceAll('\r\n', '\n'),
    status: 400,
    code: 'ERR_MALFORMED_REQUEST',
  },
  {
    title: 'an expectation other than 100-continue',
    bytes: `${POST}Content-Length: 2\r\nExpect: 200-ok\r\n\r\n{}`,
    status: 400,
    code: 'ERR_MALFORMED_REQUEST',
  },
  {
    title: 'R1 a Content-Encoding',
    bytes: `${POST}Content-Length: 2\r\nContent-Encoding: gzip\r\n\r\n{}`,
    status: 415,
    code: 'ERR_UNSUPPORTED_MEDIA_TYPE',
  },
  {
    title: 'R1 a body announced as over 100 KB',
    bytes: `${POST}Content-Length: 102401\r\n\r\n${'a'.repeat(102_401)}`,
    status: 413,
    code: 'ERR_PAYLOAD_TOO_LARGE',
  },
  {
    title: 'R1 a chunked body that grows over 100 KB',
    bytes: `${POST}Transfer-Encoding: chunked\r\n\r\n${`8000\r\n${'a'.repeat(0x8000)}\r\n`.repeat(4)}0\r\n\r\n`,
    status: 413,
    code: 'ERR_PAYLOAD_TOO_LARGE',
  },
  {
    title: 'a malformed chunk',
    bytes: `${POST}Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n`,
    status: 400,
    code: 'ERR_MALFORMED_REQUEST',
  },
];

/** Status and `Connection` of each reply. */
function answersOf(text: string): readonly string[] {
  const replies = text.matchAll(/HTTP\/1\.1 (\d+)[^]*?\r\nConnection: (\S+)\r\n/g);
  return [...replies].map(([, status, connection]) => `${status} ${connection}`);
}

describe('hostile HTTP', () => {
  let server: TestServer;
  /** Waits for nothing long. */
  let hasty: TestServer;
  before(async () => {
    server = await startTestServer();
    hasty = await startTestServer({
      limits: {headersTimeoutMs: 300, requestTimeoutMs: 300, checkIntervalMs: 50},
    });
  });
  after(stopTestServers);

  async function expectAlive({port} = server): Promise<void> {
    const {status, json} = await send({port}, `${GET}\r\n`);
    expect({status, name: (json as {name: string}).name}).to.deep.equal({
      status: 200,
      name: 'getKeyDescription',
    });
  }

  it('takes the requests that the others here are twins of', async () => {
    await expectAlive();
    for (const twin of [
      `${POST}Content-Length: 2\r\n\r\n{}`,
      `${POST}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`,
      `${POST}Content-Length: 2\r\nExpect: 100-continue\r\n\r\n{}`,
      `${POST}Content-Length: 102400\r\n\r\n${'a'.repeat(102_400)}`,
      `${GET}X-Long: ${'a'.repeat(16_000)}\r\n\r\n`,
      `${GET}${'a:\r\n'.repeat(98)}\r\n`,
    ]) {
      expect((await send({port: server.port}, twin)).status, twin.slice(0, 200)).to.equal(200);
    }
  });

  for (const {title, bytes, status, code} of REFUSED) {
    it(`refuses ${title}`, async () => {
      server.called.length = 0;
      server.counted.length = 0;
      const response = await send({port: server.port}, Buffer.from(bytes, 'latin1'));
      expect(response.status).to.equal(status);
      expect(response.json)
        .to.include({status})
        .and.to.have.all.keys(...['type', 'title', 'status', 'detail', 'message', 'name']);
      expect(response.headers).to.include({
        'content-type': 'application/problem+json',
        'access-control-allow-origin': '*',
        'cache-control': 'no-store',
        connection: 'close',
      });
      expect(response.headers['x-request-id']).to.match(/^[0-9a-f-]{36}$/);
      expect(server.counted).to.include(`refusal ${code}`);
      await expectAlive();
    });
  }

  it('answers 408 to headers that do not end', async () => {
    const answer = await talk(hasty.port, GET);
    expect(answer)
      .to.match(/^HTTP\/1\.1 408 Request Timeout\r\n/)
      .and.include('"name":"RequestTimeoutError"');
    await expectAlive(hasty);
  });

  it('answers 408 to a body that does not end', async () => {
    const answer = await talk(hasty.port, `${POST}Content-Length: 10\r\n\r\nabc`);
    expect(answer)
      .to.match(/^HTTP\/1\.1 408 Request Timeout\r\n/)
      .and.include('"name":"RequestTimeoutError"');
    await expectAlive(hasty);
  });

  it('closes a connection on which nothing is ever sent', async () => {
    expect(await talk(hasty.port)).to.match(/^HTTP\/1\.1 408 |^$/);
    await expectAlive(hasty);
  });

  it('answers pipelined requests in order', async () => {
    const keepAlive = GET.replace('Connection: close\r\n', '');
    const answer = await talk(
      server.port,
      `${keepAlive}\r\n${keepAlive.replace('GET', 'PUT')}\r\n${GET}\r\n`,
    );
    expect(answer.match(/HTTP\/1\.1 \d+/g)).to.deep.equal(['HTTP/1.1 200', 'HTTP/1.1 405', 'HTTP/1.1 200']);
  });

  it('says how long a body is in bytes, whatever its characters, so that the next reply begins where this ends', async () => {
    const body = {text: 'ü€😀\ud800\r\n\r\nHTTP/1.1 200 OK\r\n\u2028\0'};
    const speaking = await startTestServer({
      endpoints: {getKeyDescription: async () => ({status: 200, body})},
    });
    const keepAlive = GET.replace('Connection: close\r\n', '');
    let rest = Buffer.from(await talk(speaking.port, `${keepAlive}\r\n${keepAlive}\r\n${GET}\r\n`), 'latin1');
    for (let reply = 0; reply < 3; reply++) {
      const start = rest.indexOf('\r\n\r\n') + 4;
      const head = rest.subarray(0, start).toString();
      expect(head).to.match(/^HTTP\/1\.1 200/);
      const end = start + Number(/content-length: (\d+)/i.exec(head)?.[1]);
      expect(rest.subarray(start, end).toString()).to.equal(JSON.stringify(body));
      rest = rest.subarray(end);
    }
    expect(rest).to.have.length(0);
  });

  it('splits no reply by a line break in a header', async () => {
    const splitting = await startTestServer({
      endpoints: {
        getKeyDescription: async () => ({status: 200, headers: {Location: '/\r\nSet-Cookie: a=b'}, body: {}}),
      },
    });
    const answer = await talk(splitting.port, `${GET}\r\n`);
    expect(answer).to.match(/^HTTP\/1\.1 500/);
    expect(answer).not.to.include('Set-Cookie');
  });

  it('does not let a malformed request or a CONNECT answer for the one before it', async () => {
    const slow = await startTestServer({
      endpoints: {getKeyDescription: () => new Promise((resolve) => setTimeout(resolve, 100, {status: 200}))},
    });
    const keepAlive = GET.replace('Connection: close\r\n', '');
    expect(await talk(slow.port, `${keepAlive}\r\nnonsense\r\n\r\n`)).not.to.match(/^HTTP\/1\.1 400/);
    const connecting = 'CONNECT localhost:443 HTTP/1.1\r\nHost: localhost\r\n\r\n';
    expect(await talk(slow.port, `${keepAlive}\r\n${connecting}`)).not.to.match(/^HTTP\/1\.1 405/);
    expect(await talk(slow.port, `${GET}\r\n`)).to.match(/^HTTP\/1\.1 200/);
  });

  it('does not ask for the body of what it refuses anyway', async () => {
    const expecting = POST.replace(KEY, 'nothing') + 'Content-Length: 10\r\nExpect: 100-continue\r\n\r\n';
    expect(await talk(server.port, expecting)).to.match(/^HTTP\/1\.1 404/);
  });

  it('treats an Upgrade as a request like any other', async () => {
    const upgrade = `${GET}Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n`;
    expect((await send({port: server.port}, upgrade)).status).to.equal(200);
  });

  it('answers no other request on a connection after one for an upgrade, with which Node forgets what follows', async () => {
    const upgrade = `${GET.replace('close', 'upgrade')}Upgrade: h2c\r\n\r\n`;
    expect(answersOf(await talk(server.port, `${upgrade}${GET}\r\n`))).to.deep.equal(['200 close']);
  });

  it('answers no other request on a connection after one in HTTP/1.0 with a transfer coding, which it refuses', async () => {
    const old = POST.replace('1.1', '1.0').replace('close', 'keep-alive');
    const coded = `${old}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`;
    expect(answersOf(await talk(server.port, `${coded}${GET}\r\n`))).to.deep.equal(['400 close']);
    const twin = `${old}Content-Length: 2\r\n\r\n{}`;
    expect(answersOf(await talk(server.port, `${twin}${GET}\r\n`))).to.deep.equal([
      '200 keep-alive',
      '200 close',
    ]);
  });

  it('lives on when a client resets the connection on which it was refused a CONNECT', async () => {
    for (let i = 0; i < 5; i++) {
      const socket = connect({port: server.port, host: '127.0.0.1'});
      socket.write('CONNECT localhost:443 HTTP/1.1\r\nHost: localhost\r\n\r\n');
      const [answer] = (await once(socket, 'data')) as [Buffer];
      expect(answer.toString('latin1')).to.match(/^HTTP\/1\.1 405/);
      socket.resetAndDestroy();
    }
    await expectAlive();
  });

  it('lives on when clients go away in the middle of a body', async () => {
    for (let i = 0; i < 20; i++) {
      const socket = connect({port: server.port, host: '127.0.0.1'});
      await new Promise<void>((resolve) =>
        socket.write(`${POST}Content-Length: 10\r\n\r\nabc`, () => resolve()),
      );
      socket.resetAndDestroy();
    }
    await expectAlive();
  });
});
