import {randomBytes} from 'node:crypto';
import type {Socket} from 'node:net';
import {expect} from 'chai';
import fc from 'fast-check';
import {IpcKms} from '../../lib/client/local/ipc-kms.ts';
import {IPC_PROTOCOL, serverStatement, type Greeting} from '../../lib/ipc/handshake.ts';
import {hmac, ipcIdentity} from '../../lib/ipc/ipc-identity.ts';
import {MAX_HANDSHAKE_BYTES, MAX_REQUEST_BYTES} from '../../lib/ipc/ipc-limits.ts';
import {encodeCbor} from '../../lib/rpc/cbor.ts';
import {frameOf} from '../../lib/rpc/frame-reader.ts';
import {populate} from '../demonstrations/population.ts';
import {runServer, type TestServer} from '../support/run-server.ts';
import {ended, greet as greetOn, reach as connectTo, signedBy, type Proof, type Prove} from './greet.ts';
import {addApplication, type IpcApplication} from './ipc-application.ts';

describe('hostile IPC clients', function () {
  this.timeout(60_000);
  let server: TestServer;
  let app: IpcApplication;
  let other: IpcApplication;
  let key: string;
  const sockets = new Set<Socket>();

  before(async () => {
    server = await runServer({environment: {WEBKMS_IPC: 'on'}});
    const [own, others] = await populate(server, {keystores: 2, keysPerKeystore: 1});
    app = await addApplication(server, {name: 'app', keystoreId: own!.id});
    other = await addApplication(server, {name: 'other', keystoreId: others!.id});
    [key = ''] = own!.keys;
  });
  after(async () => {
    await app[Symbol.asyncDispose]();
    await other[Symbol.asyncDispose]();
    await server.stop();
  });
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
    // Whatever was done to it: others are served.
    const kms = await IpcKms.connect({credential: app.credential});
    expect((await kms.sign(key, Buffer.from('data'))).signature.length).to.equal(64);
    await kms.destroy();
  });

  const reach = async (): Promise<Socket> => {
    const socket = await connectTo(app.socket);
    sockets.add(socket);
    return socket;
  };
  const greet = async (name: string, prove: Prove) => greetOn(await reach(), name, prove);

  it('are known by a proof of their own secret, made for this connection', async () => {
    const first = await greet('app', signedBy(app));
    expect(first.word).to.equal('welcome');
    const {identity} = app;
    expect(Buffer.from(hmac(identity.serverKey, serverStatement(first.greeting)))).to.deep.equal(
      Buffer.from(first.proof),
    );
    for (const [title, prove] of Object.entries({
      'replayed proof': () => first.given,
      'wrong secret': signedBy({identity: ipcIdentity(randomBytes(32))}),
      'another client’s secret': signedBy(other),
      'no signature': (): Proof => [new Uint8Array(), undefined],
      'the server’s key': (greeting: Greeting): Proof => [
        hmac(identity.serverKey, serverStatement(greeting)),
        undefined,
      ],
      'proof of another name': (greeting: Greeting, proof: Uint8Array) =>
        signedBy(app)({...greeting, name: 'other'}, proof),
    })) {
      const {word, socket} = await greet('app', prove);
      expect(word, title).to.equal('refused');
      await ended(socket);
    }
  });

  it('do not learn which clients there are', async () => {
    const wrong = signedBy({identity: ipcIdentity(randomBytes(32))});
    const [known, unknown] = [await greet('app', wrong), await greet('nobody', wrong)];
    expect([unknown.word, unknown.about]).to.deep.equal([known.word, known.about]);
    expect(unknown.proof.length).to.equal(known.proof.length);
  });

  it('end with their connection where they send what is none of the protocol’s', async () => {
    const frame = (value: unknown): Uint8Array => frameOf(encodeCbor(value));
    const announced = (bytes: number): Buffer => {
      const head = Buffer.alloc(4);
      head.writeUInt32BE(bytes);
      return head;
    };
    const helloFrame = frame([IPC_PROTOCOL, 'app', randomBytes(32)]);
    for (const bytes of [
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
      announced(0),
      announced(MAX_HANDSHAKE_BYTES + 1),
      frame(['webkms-ipc-v0', 'app', randomBytes(32)]),
      frame([IPC_PROTOCOL, 'app', randomBytes(31)]),
      frame([IPC_PROTOCOL, 7, randomBytes(32)]),
      frame({protocol: IPC_PROTOCOL}),
      Buffer.concat([helloFrame, helloFrame]),
      frame(['c', 1, 'ipc.describeKey', [key]]),
    ]) {
      const socket = await reach();
      socket.write(bytes);
      await ended(socket);
    }
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({minLength: 5, maxLength: 200}), async (bytes) => {
        const socket = await reach();
        socket.end(bytes);
        await ended(socket);
      }),
      {numRuns: 50},
    );
  });

  it('end where they are known, too', async () => {
    const call = (id: number, name: string, parameters: unknown): Uint8Array =>
      frameOf(encodeCbor(['c', id, name, parameters]));
    const tooLong = Buffer.alloc(4);
    tooLong.writeUInt32BE(MAX_REQUEST_BYTES + 1);
    for (const bytes of [
      randomBytes(64),
      tooLong,
      call(1, 'ipc.export', [key]),
      call(1, 'keys.runOnKey', [{}]),
      call(1, 'constructor', []),
      call(1, 'ipc.describeKey', [7]),
      call(1, 'ipc.describeKey', [key, key]),
      call(1, 'ipc.listKeys', [{limit: 1000}]),
      frameOf(encodeCbor(['r', 1, new Uint8Array()])),
    ]) {
      const {socket, word} = await greet('app', signedBy(app));
      expect(word).to.equal('welcome');
      socket.write(bytes);
      await ended(socket);
    }
  });

  it('are not waited for', async () => {
    const silent = await reach();
    const half = await reach();
    half.write(frameOf(encodeCbor([IPC_PROTOCOL, 'app', randomBytes(32)])).subarray(0, 20));
    await Promise.all([ended(silent), ended(half)]);
  });

  it('have no more connections than there is room for', async () => {
    const outcomes: string[] = [];
    for (let i = 0; i < 66; i++) outcomes.push((await greet('other', signedBy(other))).word);
    expect(outcomes.slice(0, 64)).to.deep.equal(Array(64).fill('welcome'));
    expect(outcomes.slice(64)).to.deep.equal(['unavailable', 'unavailable']);
  });
});
