import {randomBytes} from 'node:crypto';
import {once} from 'node:events';
import {mkdtemp, rm} from 'node:fs/promises';
import {createServer} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {expect} from 'chai';
import {KmsConnectionError} from '../../../lib/client/client-errors.ts';
import {IpcChannel, type IpcTimes} from '../../../lib/client/local/ipc-channel.ts';
import {NotAllowedError, OutcomeUnknownError, UnavailableError} from '../../../lib/errors.ts';
import {MAX_CALLS} from '../../../lib/ipc/ipc-limits.ts';
import {encodeCbor} from '../../../lib/rpc/cbor.ts';
import {FrameReader, frameOf} from '../../../lib/rpc/frame-reader.ts';
import {KEY, KEYSTORE, ROTATE, ScriptedServer, SIGN, type Script} from '../../ipc/scripted-server.ts';
import {refused} from '../refused.ts';

describe('a keystore over the IPC socket', () => {
  let closing: AsyncDisposableStack;
  beforeEach(() => {
    closing = new AsyncDisposableStack();
  });
  afterEach(() => closing.disposeAsync());

  const start = async (script: Script = {}): Promise<ScriptedServer> =>
    closing.use(await ScriptedServer.start(script));
  const connect = async (server: ScriptedServer, times: IpcTimes = {}): Promise<IpcChannel> => {
    const channel = await IpcChannel.connect(server.partner, times);
    closing.defer(() => channel.close());
    return channel;
  };

  it('is asked again what changes nothing, where the connection is lost meanwhile', async () => {
    const server = await start();
    const channel = await connect(server);
    for (const [title, ask, answer] of [
      ['a use', () => channel.runOnKey(KEY, SIGN), 'runOnKey'],
      ['a reading', () => channel.describeKey(KEY), 'read'],
    ] as const) {
      const times = {count: 0};
      server.script[answer] = async () => {
        if (times.count++ === 0) await server.breakConnections();
        return {times: times.count};
      };
      expect(await ask(), title).to.deep.equal({times: 2});
    }
  });

  it('is not asked again what changes something: nobody knows whether it was done', async () => {
    const server = await start();
    const channel = await connect(server);
    let count = 0;
    server.script.runOnKey = async () => {
      if (count++ === 0) await server.breakConnections();
      return {};
    };
    const error = await refused(channel.runOnKey(KEY, ROTATE));
    expect(error).to.be.instanceOf(OutcomeUnknownError);
    expect(error.message).to.contain('nobody knows');
    await sleep(50);
    expect(count).to.equal(1);
    // What comes then is done.
    await channel.runOnKey(KEY, ROTATE);
    expect(count).to.equal(2);
  });

  it('is asked what was not said yet, whatever it is, once a server is there again', async () => {
    const server = await start();
    const channel = await connect(server);
    await channel.runOnKey(KEY, SIGN);
    await server.server.close();
    const asked = channel.runOnKey(KEY, ROTATE);
    await sleep(100);
    await server.begin();
    expect(await asked).to.deep.equal({});
  });

  it('is given up after a while; nothing was asked then', async () => {
    const server = await start();
    const channel = await connect(server, {reconnectMs: 200});
    await server.server.close();
    expect(await refused(channel.runOnKey(KEY, ROTATE))).to.be.instanceOf(KmsConnectionError);
    await server.begin();
    expect(await channel.runOnKey(KEY, ROTATE)).to.deep.equal({});
  });

  it('is given up where every connection breaks', async () => {
    const server = await start();
    const channel = await connect(server);
    let count = 0;
    server.script.runOnKey = async () => {
      count++;
      await server.breakConnections();
      return {};
    };
    expect(await refused(channel.runOnKey(KEY, SIGN))).to.be.instanceOf(KmsConnectionError);
    expect(count).to.be.within(2, 5);
  });

  it('is left where the server stops, when what was asked is answered: nothing is lost, changes neither', async () => {
    const server = await start();
    const channel = await connect(server);
    const begun = Promise.withResolvers<undefined>();
    const done: string[] = [];
    server.script.runOnKey = async ({type}) => {
      begun.resolve(undefined);
      await sleep(150);
      done.push(type);
      return {type};
    };
    const first = channel.runOnKey(KEY, ROTATE);
    await begun.promise;
    const stopping = server.server.close();
    await sleep(30);
    const second = channel.runOnKey(KEY, ROTATE);
    expect(await first).to.deep.equal({type: 'RotateKeyOperation'});
    await stopping;
    // What came later waits for the next one.
    expect(done).to.have.length(1);
    await server.begin();
    expect(await second).to.deep.equal({type: 'RotateKeyOperation'});
    expect(done).to.have.length(2);
    expect(server.lines.join('')).not.to.contain('"level":"error"');
  });

  it('has nobody wait any more once a signal is aborted', async () => {
    const answer = Promise.withResolvers<object>();
    const server = await start({runOnKey: () => answer.promise});
    const channel = await connect(server);
    const timeout = await refused(channel.withSignal(AbortSignal.timeout(30)).runOnKey(KEY, SIGN));
    expect(timeout.name).to.equal('TimeoutError');
    const reason = new Error('enough');
    const controller = new AbortController();
    const pending = channel.withSignal(controller.signal).runOnKey(KEY, SIGN);
    setTimeout(() => controller.abort(reason), 20);
    expect(await refused(pending)).to.equal(reason);
    let asked = 0;
    server.script.runOnKey = async () => ({asked: ++asked});
    expect(await refused(channel.withSignal(controller.signal).runOnKey(KEY, SIGN))).to.equal(reason);
    expect(asked).to.equal(0);
    // The connection is everybody's.
    await channel.withSignal(controller.signal).close();
    expect(await channel.runOnKey(KEY, SIGN)).to.deep.equal({asked: 1});
    answer.resolve({});
    expect(await refused(IpcChannel.connect(server.partner, {signal: controller.signal}))).to.equal(reason);
  });

  it('has nobody wait for an answer for ever, and is asked over another connection then', async () => {
    const never = new Promise<object>(() => undefined);
    const server = await start({runOnKey: () => never});
    const channel = await connect(server, {answerMs: 50});
    expect(await refused(channel.runOnKey(KEY, ROTATE))).to.be.instanceOf(OutcomeUnknownError);
    const error = await refused(channel.runOnKey(KEY, SIGN));
    expect(error).to.be.instanceOf(KmsConnectionError);
    expect(error.message).to.contain('in time');
    server.script.runOnKey = async () => ({});
    expect(await channel.runOnKey(KEY, SIGN)).to.deep.equal({});
    expect(server.connections).to.equal(3);
  });

  it('is asked no more at once than it takes; the rest waits', async () => {
    let [now, most] = [0, 0];
    const server = await start({
      runOnKey: async () => {
        most = Math.max(most, ++now);
        await sleep(5);
        now--;
        return {};
      },
    });
    const channel = await connect(server);
    const count = 3 * MAX_CALLS;
    await Promise.all(Array.from({length: count}, () => channel.runOnKey(KEY, SIGN)));
    expect(most).to.be.within(2, MAX_CALLS);
  });

  it('tells what the server refuses as over HTTP, and does not ask again', async () => {
    const server = await start();
    const channel = await connect(server);
    for (const thrown of [
      new NotAllowedError('policy', 'Not that.'),
      new UnavailableError('The store cannot be used.'),
      new OutcomeUnknownError('The store did not answer.'),
    ]) {
      let count = 0;
      server.script.runOnKey = async () => {
        count++;
        throw thrown;
      };
      const error = await refused(channel.runOnKey(KEY, ROTATE));
      expect(error).to.be.instanceOf(thrown.constructor);
      expect(count).to.equal(1);
    }
  });

  it('is told nothing by which one could be its client, where it does not prove first that it knows it', async () => {
    const {partner} = await start();
    const heard: Buffer[] = [];
    const folder = await mkdtemp(join(tmpdir(), 'webkms-ipc-'));
    closing.defer(() => rm(folder, {recursive: true, force: true}));
    const socket = join(folder, 'taken.sock');
    const frame = (value: unknown): Uint8Array => frameOf(encodeCbor(value));
    const welcome = frame(['welcome', KEYSTORE]);
    for (const [title, said] of Object.entries({
      'a wrong proof': [frame([randomBytes(32), randomBytes(32)]), welcome],
      'a short proof': [frame([randomBytes(32), new Uint8Array()]), welcome],
      'no proof': [welcome, welcome],
      'no protocol': [Buffer.from('HTTP/1.1 200 OK\r\n\r\n')],
      nothing: [],
    })) {
      heard.length = 0;
      const fake = createServer((peer) => {
        peer.on('error', () => undefined).on('data', (piece: Buffer) => heard.push(piece));
        peer.write(said[0] ?? '');
        if (said[1]) setTimeout(() => peer.write(said[1]!), 20);
        else peer.end();
      }).listen(socket);
      await once(fake, 'listening');
      const error = await refused(IpcChannel.connect({...partner, socket}));
      expect(error, title).to.be.instanceOf(KmsConnectionError);
      fake.close();
      await once(fake, 'close');
      // One frame: its name and a nonce.
      const [hello, ...more] = new FrameReader().push(Buffer.concat(heard));
      expect(more, title).to.deep.equal([]);
      expect(hello?.length, title).to.be.lessThan(80);
    }
  });

  it('is tried once where it is connected to for the first time', async () => {
    const server = await start();
    await server.server.close();
    expect(await refused(IpcChannel.connect(server.partner))).to.be.instanceOf(KmsConnectionError);
  });
});
