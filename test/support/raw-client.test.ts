import {createServer, type Server} from 'node:http';
import type {AddressInfo} from 'node:net';
import {expect} from 'chai';
import {ConnectionClosedError, RawClient, send} from './raw-client.ts';

describe('RawClient', () => {
  let server: Server;
  let port = 0;
  const connections = new Set<number | undefined>();

  before(async () => {
    server = createServer((req, res) => {
      connections.add(req.socket.remotePort);
      if (req.url === '/hang-up') return void req.socket.destroy();
      if (req.url === '/empty') return void res.writeHead(204).end();
      const seen = JSON.stringify({target: req.url, rawHeaders: req.rawHeaders});
      // Without a length: chunked.
      res.write(seen.slice(0, 5));
      res.end(seen.slice(5));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ({port} = server.address() as AddressInfo);
  });
  after(() => server.close());

  it('sends lines as they are and reads chunked, empty and fixed answers over one connection', async () => {
    const client = new RawClient({port});
    connections.clear();
    const headers = [
      ['Host', 'one'],
      ['HOST', 'two'],
      ['x', ' y '],
    ] as const;
    const response = await client.send({method: 'GET', target: '/a%2e?b', headers});
    expect(response.status).to.equal(200);
    expect(response.json).to.deep.equal({
      target: '/a%2e?b',
      rawHeaders: ['Host', 'one', 'HOST', 'two', 'x', 'y'],
    });
    const empty = await client.send({method: 'GET', target: '/empty', headers});
    expect(empty).to.include({status: 204, text: '', json: undefined});
    expect(connections.size).to.equal(1);
    client.close();
  });

  it('reconnects, and tells when no answer came', async () => {
    const client = new RawClient({port});
    const headers = [['host', 'one']] as const;
    const error = await client
      .send({method: 'GET', target: '/hang-up', headers})
      .catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(ConnectionClosedError);
    expect((await client.send({method: 'GET', target: '/', headers})).status).to.equal(200);
    client.close();
    expect((await send({port}, 'NONSENSE\r\n\r\n')).status).to.equal(400);
  });
});
