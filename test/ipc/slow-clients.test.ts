import {randomBytes} from 'node:crypto';
import {once} from 'node:events';
import {mkdtemp, rm} from 'node:fs/promises';
import {connect, type Socket} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {expect} from 'chai';
import {encodeBase64url} from '../../lib/encoding/base64url.ts';
import {answer, challenge, clientStatement, hello, IPC_PROTOCOL, verdict} from '../../lib/ipc/handshake.ts';
import {HandshakeFrames} from '../../lib/ipc/handshake-frames.ts';
import {ipcIdentity} from '../../lib/ipc/ipc-identity.ts';
import type {IpcKeys} from '../../lib/ipc/ipc-calls.ts';
import {IpcServer} from '../../lib/ipc/ipc-server.ts';
import {encodeCbor} from '../../lib/rpc/cbor.ts';
import {frameOf} from '../../lib/rpc/frame-reader.ts';
import {createLogger} from '../../lib/observability/logger.ts';
import {NO_METRICS} from '../../lib/observability/metrics.ts';

const KEYSTORE = 'https://kms.example/kms/keystores/z1';
const KEY = `${KEYSTORE}/keys/z1A`;
const LARGE = {id: 'x'.repeat(1024 * 1024)};

/** A server whose every key has a description of a mebibyte. */
const keys = {
  state: {read: async () => ({keystore: {id: KEYSTORE}, isAnyRevoked: false})},
  keyService: {read: async () => LARGE},
  assertUsable: () => undefined,
  limitInvoker: async () => undefined,
  now: () => Date.now(),
} as unknown as IpcKeys;

describe('slow IPC clients', () => {
  const identity = ipcIdentity(randomBytes(32));
  let folder: string;
  let server: IpcServer;
  let lines: string[];
  let socket: Socket;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'webkms-ipc-'));
    lines = [];
    const stream = {write: (line: string) => void lines.push(line)};
    const serverKey = encodeBase64url(identity.serverKey);
    server = await IpcServer.start({
      place: {path: join(folder, 'own', 'webkms.sock')},
      keys,
      readClients: async () => [{name: 'app', did: identity.did, serverKey, keystoreId: KEYSTORE}],
      log: createLogger({level: 'info', file: undefined, stream}),
      metrics: NO_METRICS,
      judge: {assertDelegation: async () => undefined},
      maxDelegationTtlMs: 1000,
      stallMs: 50,
    });
    socket = connect(join(folder, 'own', 'webkms.sock')).on('error', () => undefined);
    await once(socket, 'connect');
    const frames = new HandshakeFrames(socket);
    const clientNonce = randomBytes(32);
    frames.send(hello([IPC_PROTOCOL, 'app', clientNonce]));
    const [serverNonce, proof] = await frames.next(challenge);
    const statement = clientStatement({name: 'app', clientNonce, serverNonce}, {proof, manifest: undefined});
    frames.send(answer([identity.sign(statement), undefined]));
    expect(await frames.next(verdict)).to.deep.equal(['welcome', KEYSTORE]);
    frames.release();
  });
  afterEach(async () => {
    socket.destroy();
    await server.close();
    await rm(folder, {recursive: true, force: true});
  });

  const describing = (id: number): Uint8Array => frameOf(encodeCbor(['c', id, 'ipc.describeKey', [KEY]]));
  const logged = async (text: string): Promise<void> => {
    while (!lines.some((line) => line.includes(text))) await sleep(10);
  };

  it('that are idle are left alone', async () => {
    await sleep(200);
    socket.resume();
    let bytes = 0;
    socket.on('data', (piece: Buffer) => (bytes += piece.length));
    socket.write(describing(1));
    while (bytes < LARGE.id.length) await sleep(10);
    expect(socket.closed).to.equal(false);
  });

  it('end with half a request', async () => {
    socket.resume();
    socket.write(describing(1).subarray(0, 10));
    await once(socket, 'close');
    await logged('does not go on');
  });

  it('end where they do not take an answer', async () => {
    socket.pause();
    socket.write(describing(1));
    await logged('does not go on');
  });

  it('end where they ask on and take nothing', async () => {
    socket.pause();
    for (let id = 1; id <= 40; id++) {
      socket.write(describing(id));
      await sleep(2);
    }
    await logged('an IPC client does not');
  });
});
