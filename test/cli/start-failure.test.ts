import {once} from 'node:events';
import {createServer, type AddressInfo} from 'node:net';
import {expect} from 'chai';
import {pino} from 'pino';
import {startFailure, startFailureMembers} from '../../lib/cli/start-failure.ts';

async function listenError(port: number, host: string): Promise<Error> {
  const server = createServer().listen(port, host);
  const [error] = (await once(server, 'error')) as [Error];
  return error;
}

describe('a failure to start', () => {
  const listen = {host: '127.0.0.1', port: 9443};
  const settings = {listen, metricsListen: undefined};

  it('says what to do about a port that is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const {port} = server.address() as AddressInfo;
    const error = await listenError(port, '127.0.0.1');
    server.close();
    const taken = {...listen, port};
    expect(startFailure(error, {...settings, listen: taken})).to.equal(
      `port ${port} is taken by another process; stop that, or set WEBKMS_LISTEN (and WEBKMS_BASE_URL).`,
    );
    expect(startFailure(error, {...settings, metricsListen: taken})).to.equal(
      `port ${port} is taken by another process; stop that, or set WEBKMS_METRICS_LISTEN.`,
    );
  });

  it('says what to do about an address that is not of this machine', async () => {
    const error = await listenError(0, '192.0.2.1');
    expect(startFailure(error, {...settings, listen: {...listen, host: '192.0.2.1'}})).to.equal(
      '192.0.2.1 is no address of this machine; set WEBKMS_LISTEN.',
    );
  });

  it('says what to do about a port that is for others', () => {
    const error = Object.assign(new Error('x'), {syscall: 'listen', code: 'EACCES'});
    expect(startFailure(error, settings)).to.include('set WEBKMS_LISTEN to a port above 1023');
  });

  it('passes on the message of everything else', () => {
    const denied = Object.assign(new Error('permission denied'), {syscall: 'open', code: 'EACCES'});
    expect(startFailure(denied, settings)).to.equal('the server could not start: permission denied');
    expect(startFailure('x', settings)).to.equal('the server could not start: an unknown failure');
  });

  it('is in the log without its stack, where it is one that people can do something about; at level debug with it', () => {
    const told = (error: unknown, level: string): Readonly<Record<string, unknown>> =>
      startFailureMembers(error, pino({level}, {write: () => undefined}));
    const taken = Object.assign(new Error('in use'), {code: 'EADDRINUSE'});
    expect(told(taken, 'info')).to.deep.equal({
      cause: {name: 'Error', message: 'in use', code: 'EADDRINUSE'},
    });
    expect(told(taken, 'debug')).to.deep.equal({err: taken});
    const defect = new TypeError('x is not a function');
    expect(told(defect, 'info')).to.deep.equal({err: defect});
  });
});
