import {once} from 'node:events';
import {createServer, type IncomingMessage, type Server, type ServerResponse} from 'node:http';
import {connect, type AddressInfo} from 'node:net';
import {expect} from 'chai';
import {PayloadTooLargeError} from '../../lib/errors.ts';
import {ClientGoneError, readBody} from '../../lib/http/read-body.ts';

const LIMIT = 1000;
const HEAD = 'POST / HTTP/1.1\r\nHost: localhost\r\n';

interface Read {
  /** The body as Latin-1, or what was thrown. */
  readonly result: unknown;
  readonly req: IncomingMessage;
  /** Resolves when Node lets go of the request. */
  readonly closed: Promise<unknown>;
}

describe('reading a body', () => {
  let server: Server;
  let reads: Read[];
  /** What a handler waits for before it reads. */
  let before: () => Promise<unknown>;

  beforeEach(async () => {
    reads = [];
    before = () => Promise.resolve();
    const answer = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
      const closed = once(req, 'close');
      await before();
      const result = await readBody(req, LIMIT).then(
        (bytes) => bytes.toString('latin1'),
        (error: unknown) => error,
      );
      reads.push({result, req, closed});
      res.end(typeof result === 'string' ? Buffer.from(`<${result}>`, 'latin1') : 'refused');
    };
    server = createServer((req, res) => void answer(req, res)).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  /** Sends parts one after the other, each when the one before may have been read, until so many were answered. */
  async function exchange(parts: readonly string[], answers: number): Promise<string> {
    const socket = connect({port: (server.address() as AddressInfo).port, host: '127.0.0.1', noDelay: true});
    let answer = '';
    socket.setEncoding('latin1').on('data', (text: string) => (answer += text));
    for (const part of parts) {
      socket.write(part, 'latin1');
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    while (reads.length < answers) await new Promise((resolve) => setTimeout(resolve, 1));
    await new Promise((resolve) => setTimeout(resolve, 10));
    socket.destroy();
    return answer;
  }

  for (const {title, parts} of [
    {title: 'with its head', parts: [`${HEAD}Content-Length: 4\r\n\r\na\0\xffd`]},
    {title: 'after its head', parts: [`${HEAD}Content-Length: 4\r\n\r\n`, 'a\0\xffd']},
    {title: 'half with its head', parts: [`${HEAD}Content-Length: 4\r\n\r\na\0`, '\xffd']},
    {
      title: 'in chunks with its head',
      parts: [`${HEAD}Transfer-Encoding: chunked\r\n\r\n4\r\na\0\xffd\r\n0\r\n\r\n`],
    },
    {
      title: 'in chunks, the last of which is late',
      parts: [`${HEAD}Transfer-Encoding: chunked\r\n\r\n4\r\na\0\xffd\r\n`, '0\r\n\r\n'],
    },
  ]) {
    it(`takes it as it was sent: ${title}`, async () => {
      expect(await exchange(parts, 1)).to.include('\r\n\r\n<a\0\xffd>');
      expect(reads.map(({result}) => result)).to.deep.equal(['a\0\xffd']);
      await Promise.all(reads.map(({closed}) => closed));
    });

    it(`takes it as it was sent, where it was not looked at for a while: ${title}`, async () => {
      before = () => new Promise((resolve) => setTimeout(resolve, 30));
      await exchange(parts, 1);
      expect(reads.map(({result}) => result)).to.deep.equal(['a\0\xffd']);
      await Promise.all(reads.map(({closed}) => closed));
    });
  }

  it('takes each of many on one connection for what it is, and lets go of them', async () => {
    const bodies = ['', 'a', 'bc', '', 'd'.repeat(LIMIT)];
    const all = bodies.map((body) => `${HEAD}Content-Length: ${body.length}\r\n\r\n${body}`).join('');
    expect((await exchange([all], bodies.length)).match(/<[a-d]*>/g)).to.deep.equal(
      bodies.map((body) => `<${body}>`),
    );
    // While the connection is open: not only with it.
    await Promise.all(reads.map(({closed}) => closed));
    expect(reads.every(({req}) => req.readableEnded)).to.equal(true);
  });

  it('takes as much as it may, and not a byte more, however it comes', async () => {
    const long = 'a'.repeat(LIMIT + 1);
    for (const parts of [
      [`${HEAD}Content-Length: ${long.length}\r\n\r\n${long}`],
      [`${HEAD}Content-Length: ${long.length}\r\n\r\n`, long],
      [`${HEAD}Transfer-Encoding: chunked\r\n\r\n${long.length.toString(16)}\r\n${long}\r\n0\r\n\r\n`],
    ]) {
      reads = [];
      await exchange(parts, 1);
      expect(reads[0]?.result).to.be.instanceOf(PayloadTooLargeError);
    }
  });

  it('knows that a client is gone', async () => {
    for (const body of ['a', 'ab']) {
      reads = [];
      const {promise: gone, resolve} = Promise.withResolvers<undefined>();
      before = () => gone;
      server.once('request', (req: IncomingMessage) => req.once('close', () => resolve(undefined)));
      const socket = connect({port: (server.address() as AddressInfo).port, host: '127.0.0.1'});
      socket.on('error', () => undefined);
      server.once('request', () => socket.resetAndDestroy());
      socket.write(`${HEAD}Content-Length: 2\r\n\r\n${body}`);
      while (reads.length === 0) await new Promise((done) => setTimeout(done, 1));
      expect(reads[0]?.result).to.be.instanceOf(ClientGoneError);
    }
  });
});
