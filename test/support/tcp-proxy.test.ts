import {once} from 'node:events';
import {connect, createServer, type AddressInfo, type Server, type Socket} from 'node:net';
import {setTimeout as sleep} from 'node:timers/promises';
import {expect} from 'chai';
import {TcpProxy, type Cut} from './tcp-proxy.ts';

describe('TcpProxy', () => {
  let [server, received]: [Server, string[]] = [createServer(), []];
  let proxy: TcpProxy;
  let sockets: Socket[];

  beforeEach(async () => {
    received = [];
    sockets = [];
    server = createServer((socket) => {
      sockets.push(socket);
      socket.setEncoding('utf8').on('error', () => undefined);
      socket.on('data', (text: string) => {
        received.push(text);
        socket.write(`re: ${text}`);
      });
      socket.on('end', () => received.push('(end)'));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    proxy = await TcpProxy.start({host: '127.0.0.1', port: (server.address() as AddressInfo).port});
  });

  afterEach(async () => {
    await proxy.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  });

  /** All that comes back, ended by what ends the connection. */
  async function open(): Promise<{socket: Socket; answers: string[]; closed: Promise<unknown>}> {
    const socket = connect(proxy.port, '127.0.0.1').setEncoding('utf8').setNoDelay();
    const answers: string[] = [];
    const closed = new Promise((resolve) => {
      socket.on('data', (text: string) => answers.push(text));
      socket.on('error', (error: NodeJS.ErrnoException) => answers.push(`(${error.code})`));
      socket.on('end', () => answers.push('(end)'));
      socket.on('close', resolve);
    });
    await Promise.race([once(socket, 'connect').catch(() => undefined), closed]);
    return {socket, answers, closed};
  }

  async function until(condition: () => boolean): Promise<void> {
    while (!condition()) await sleep(1);
  }

  it('passes on what is sent, and the end of it', async () => {
    const {socket, answers, closed} = await open();
    socket.write('one');
    await until(() => answers.length === 1);
    expect(proxy.connections).to.equal(1);
    socket.end('two');
    await closed;
    expect(received.join('')).to.equal('onetwo(end)');
    expect(answers.join('')).to.equal('re: onere: two(end)');
    await until(() => proxy.connections === 0);
  });

  const cuts: readonly {cut: Cut; gets: string}[] = [
    {cut: 'before', gets: 'one(end)'},
    {cut: 'during', gets: 'onesec(end)'},
    {cut: 'after', gets: 'onesecond(end)'},
  ];
  for (const {cut, gets} of cuts) {
    it(`cuts ${cut} what the client sends`, async () => {
      proxy.onClientData((data) => (data.toString() === 'second' ? cut : undefined));
      const {socket, answers, closed} = await open();
      socket.write('one');
      await until(() => answers.length === 1);
      socket.write('second');
      await closed;
      expect(answers).to.deep.equal(['re: one', '(ECONNRESET)']);
      await until(() => received.includes('(end)'));
      expect(received.join('')).to.equal(gets);
    });

    it(`cuts ${cut} what the server sends`, async () => {
      proxy.onServerData((data) => (data.toString() === 're: second' ? cut : undefined));
      const {socket, answers, closed} = await open();
      socket.write('one');
      await until(() => answers.length === 1);
      socket.write('second');
      await closed;
      expect(received.join('')).to.equal('onesecond');
      const half = {before: '', during: 're: s', after: 're: second'}[cut!];
      expect(answers.join('')).to.equal(`re: one${half}(end)`);
    });
  }

  it('cuts what is open, and refuses what is new', async () => {
    const first = await open();
    await until(() => sockets.length === 1);
    proxy.refuse(true);
    proxy.cut();
    await first.closed;
    const refused = await open();
    await refused.closed;
    expect([first.answers, refused.answers]).to.deep.equal([['(ECONNRESET)'], ['(ECONNRESET)']]);
    expect(sockets).to.have.lengthOf(1);
    proxy.refuse(false);
    const {socket, answers} = await open();
    socket.write('again');
    await until(() => answers.length === 1);
    socket.destroy();
  });

  it('holds bytes back, and delays them, in order', async () => {
    const {socket, answers} = await open();
    proxy.hold(true);
    socket.write('a');
    await sleep(30);
    proxy.delayMs = 40;
    socket.write('b');
    await sleep(60);
    expect(received).to.deep.equal([]);
    proxy.hold(false);
    proxy.delayMs = 1;
    socket.write('c');
    await until(() => answers.join('').replaceAll('re: ', '').length === 3);
    expect(received.join('')).to.equal('abc');
    expect(answers.join('').replaceAll('re: ', '')).to.equal('abc');
    socket.destroy();
  });
});
