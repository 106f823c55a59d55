import {Resolver} from 'node:dns/promises';
import {once} from 'node:events';
import {connect, createServer, Socket, type AddressInfo} from 'node:net';
import {expect} from 'chai';
import {OutboundWatch, PUBLIC_ADDRESS} from './outbound-watch.ts';

describe('OutboundWatch', () => {
  const resolve = async (host: string): Promise<string[]> => new Resolver().resolve4(host);
  const inPlace = (): unknown[] => [
    Object.getOwnPropertyDescriptor(Socket.prototype, 'connect'),
    Object.getOwnPropertyDescriptor(Resolver.prototype, 'resolve4'),
    Object.getOwnPropertyDescriptor(Resolver.prototype, 'resolve6'),
  ];
  const connected = async (host: string, port: number): Promise<void> => {
    const socket = connect({host, port});
    await once(socket, 'connect');
    socket.destroy();
  };

  for (const [title, order] of [
    ['the first first', [0, 1]],
    ['the last first', [1, 0]],
  ] as const) {
    it(`leaves the process as it was once all have stopped, ${title}`, () => {
      const before = inPlace();
      const watches = [new OutboundWatch(), new OutboundWatch()];
      for (const watch of watches) watch.start();
      try {
        expect(inPlace()).to.not.deep.equal(before);
        watches[order[0]]?.stop();
        expect(inPlace(), 'one still watches').to.not.deep.equal(before);
      } finally {
        watches[order[1]]?.stop();
      }
      expect(inPlace()).to.deep.equal(before);
    });
  }

  it('counts names and connections, but those to servers under test; nothing leaves the machine', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const {port} = server.address() as AddressInfo;
    const [a, b] = [new OutboundWatch(), new OutboundWatch()];
    a.start();
    b.start();
    try {
      b.addresses.set('b.example', PUBLIC_ADDRESS);
      expect(await resolve('a.example')).to.deep.equal([]);
      expect(await resolve('b.example')).to.deep.equal([PUBLIC_ADDRESS]);
      await connected(PUBLIC_ADDRESS, port);
      await connected('b.example', port);
      const attempts = ['resolve a.example', 'resolve b.example'];
      attempts.push(`connect ${PUBLIC_ADDRESS}:${port}`, `connect b.example:${port}`);
      expect(a.attempts).to.deep.equal(attempts);
      a.known.add(port);
      await connected('127.0.0.1', port);
      expect(a.attempts).to.deep.equal(attempts);
      expect(b.attempts).to.deep.equal(attempts);
    } finally {
      a.stop();
      b.stop();
      server.close();
    }
  });
});
