import {connect} from 'node:net';
import {expect} from 'chai';
import {ClientGoneError} from '../../lib/http/read-body.ts';
import {KEYSTORE, startTestServer, stopTestServers, type TestServer} from './test-server.ts';

const HEAD = `POST /kms/keystores/${KEYSTORE} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n`;

describe('a client that goes away', () => {
  afterEach(stopTestServers);

  it('in the middle of its body is not answered, and counts as no failure of ours', async () => {
    const {promise: arrived, resolve: arrive} = Promise.withResolvers<undefined>();
    const {promise: failed, resolve} = Promise.withResolvers<unknown>();
    const server = await startTestServer({
      endpoints: {
        updateKeystore: async (request) => {
          arrive(undefined);
          try {
            return {status: 200, body: (await request.readBody()).length};
          } catch (error) {
            resolve(error);
            throw error;
          }
        },
      },
    });
    const socket = connect({port: server.port, host: '127.0.0.1'});
    socket.write(`${HEAD}abc`);
    await arrived;
    socket.resetAndDestroy();
    expect(await failed).to.be.instanceOf(ClientGoneError);
    await loggedLine(server, 'client went away');
    expect(server.counted).to.deep.equal([]);
    expect(server.logged.filter(({level}) => level !== 'debug')).to.deep.equal([]);
  });

  it('before its reply is ready does no harm', async () => {
    const {promise: arrived, resolve: arrive} = Promise.withResolvers<undefined>();
    const {promise: release, resolve} = Promise.withResolvers<undefined>();
    const server = await startTestServer({
      endpoints: {
        updateKeystore: async (request) => {
          await request.readBody();
          arrive(undefined);
          await release;
          return {status: 200, body: {}};
        },
      },
    });
    const socket = connect({port: server.port, host: '127.0.0.1'});
    socket.write(`${HEAD}0123456789`);
    await arrived;
    socket.resetAndDestroy();
    await loggedLine(server, 'connection ended');
    resolve(undefined);
    await loggedLine(server, 'client went away');
    expect(server.logged.filter(({level}) => level === 'error')).to.deep.equal([]);
  });
});

/** The test's own time limit bounds the wait. */
async function loggedLine({logged}: TestServer, message: string): Promise<void> {
  while (!logged.some(({msg}) => msg === message)) await new Promise((resolve) => setTimeout(resolve, 1));
}
