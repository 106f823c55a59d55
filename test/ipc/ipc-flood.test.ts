import {randomBytes} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {mkdtemp, rm} from 'node:fs/promises';
import type {Socket} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {expect} from 'chai';
import fc from 'fast-check';
import type {IpcPartner} from '../../lib/client/local/ipc-connection.ts';
import {IpcKms} from '../../lib/client/local/ipc-kms.ts';
import {IPC_PROTOCOL} from '../../lib/ipc/handshake.ts';
import {MAX_CONNECTIONS_PER_CLIENT} from '../../lib/ipc/ipc-limits.ts';
import {encodeCbor} from '../../lib/rpc/cbor.ts';
import {frameOf} from '../../lib/rpc/frame-reader.ts';
import {freePort} from '../crash/free-port.ts';
import {ServerProcess} from '../crash/server-process.ts';
import {populate} from '../demonstrations/population.ts';
import {admin} from '../support/admin-command.ts';
import {ended, greet, reach, signedBy} from './greet.ts';
import {partnerOf} from './partner-of.ts';

const DATA = Buffer.from('data');
const MIB = 1024 * 1024;

for (const isolation of ['none', 'process']) {
  describe(`a server with WEBKMS_ISOLATION=${isolation} whose IPC socket is flooded`, function () {
    this.timeout(120_000);
    let folder: string;
    let server: ServerProcess;
    let key: string;
    let app: string;
    let hostile: IpcPartner;
    const sockets = new Set<Socket>();

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'webkms-ipc-'));
      const [dataDir, port] = [join(folder, 'data'), await freePort()];
      app = join(folder, 'app.json');
      const environment = {WEBKMS_IPC: 'on', WEBKMS_LOG_LEVEL: 'silent'};
      server = await ServerProcess.start({dataDir, port, environment});
      const [keystore] = await populate(
        {baseUrl: server.url, port, ca: server.ca},
        {
          keystores: 1,
          keysPerKeystore: 1,
        },
      );
      [key = ''] = keystore!.keys;
      await server.stop();
      for (const name of ['app', 'hostile']) {
        const out = join(folder, `${name}.json`);
        await admin(['ipc', 'add', name, '--keystore', keystore!.id, '--out', out], {dataDir, environment});
      }
      hostile = await partnerOf(join(folder, 'hostile.json'));
      server = await ServerProcess.start({
        ...{dataDir, port},
        environment: {...environment, WEBKMS_ISOLATION: isolation},
      });
    });
    after(async () => {
      await server.stop();
      await rm(folder, {recursive: true, force: true});
    });
    afterEach(() => {
      for (const socket of sockets) socket.destroy();
      sockets.clear();
    });

    const open = async (): Promise<Socket> => {
      const socket = await reach(hostile.socket);
      sockets.add(socket.on('close', () => sockets.delete(socket)));
      return socket;
    };
    const admitted = async (): Promise<Socket> => {
      const {socket, word} = await greet(await open(), hostile.name, signedBy(hostile));
      expect(word).to.equal('welcome');
      return socket;
    };
    /** Another application is served, whatever is done to the socket. */
    const serves = async (most = 100): Promise<void> => {
      for (let tries = 0; ; tries++) {
        try {
          const kms = await IpcKms.connect({credential: app});
          expect((await kms.sign(key, DATA)).signature.length).to.equal(64);
          await kms.destroy();
          return;
        } catch (error) {
          if (tries === most) throw error;
          await sleep(50);
        }
      }
    };
    const residentBytes = (): number => {
      const [, kib = '0'] =
        /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8')) ?? [];
      return Number(kib) * 1024;
    };
    const frame = (value: unknown): Uint8Array => frameOf(encodeCbor(value));
    const call = (id: number, name: string, ...parameters: unknown[]): Uint8Array =>
      frame(['c', id, name, parameters]);
    const sign = (data: string): Uint8Array =>
      Buffer.from(JSON.stringify({type: 'SignOperation', invocationTarget: key, verifyData: data}));

    /** What clients send, damaged: bytes changed, cut off, repeated, or put in another order. */
    const damaged = (frames: () => readonly Uint8Array[]): fc.Arbitrary<Buffer> =>
      fc
        .record({
          order: fc.array(fc.nat(), {minLength: 1, maxLength: 6}),
          edits: fc.array(fc.tuple(fc.nat(), fc.nat(255)), {maxLength: 4}),
          cut: fc.option(fc.nat()),
          tail: fc.uint8Array({maxLength: 16}),
        })
        .map(({order, edits, cut, tail}) => {
          const all = frames();
          const bytes = Buffer.concat([...order.map((at) => all[at % all.length]!), tail]);
          for (const [at, byte] of edits) bytes[at % bytes.length] = byte;
          return cut === null ? bytes : bytes.subarray(0, cut % bytes.length);
        });
    const attack = async (socket: Socket, bytes: Uint8Array): Promise<void> => {
      socket.resume().end(bytes);
      // It ends, or says something and ends.
      await ended(socket);
    };

    it('takes damaged handshakes and frames for what they are', async () => {
      const handshake = (): readonly Uint8Array[] => [
        frame([IPC_PROTOCOL, hostile.name, randomBytes(32)]),
        frame([IPC_PROTOCOL, 'x'.repeat(300), randomBytes(32)]),
        frame([randomBytes(64)]),
        frame([randomBytes(64), Buffer.from('{"id":"urn:x"}')]),
        frame(['welcome', 'x']),
      ];
      const calls = (): readonly Uint8Array[] => [
        call(1, 'ipc.runOnKey', key, sign('AAAA')),
        call(2, 'ipc.runOnKeystore', Buffer.from('{"type":"GenerateKeyOperation"}')),
        call(3, 'ipc.describeKey', key),
        call(4, 'ipc.listKeys', {cursor: 'x'}),
        call(5, 'ipc.listKeys', {}),
        frame(['r', 1]),
        frame(['f', 1, {kind: 'InternalError', message: ''}]),
      ];
      await fc.assert(
        fc.asyncProperty(damaged(handshake), async (bytes) => attack(await open(), bytes)),
        {numRuns: 200},
      );
      await fc.assert(
        fc.asyncProperty(damaged(calls), async (bytes) => attack(await admitted(), bytes)),
        {numRuns: 200},
      );
      await serves();
    });

    it('serves others among a thousand connections that say nothing, or half of something, and come again', async () => {
      const before = residentBytes();
      const half = frame([IPC_PROTOCOL, hostile.name, randomBytes(32)]).subarray(0, 20);
      let isOver = false;
      const over = (): boolean => isOver;
      const flood = async (says: boolean): Promise<void> => {
        while (!over()) {
          const socket = await open().catch(() => undefined);
          if (says) socket?.write(half);
          if (socket) await ended(socket);
          await sleep(300);
        }
      };
      const flooding = Promise.all(Array.from({length: 1000}, (_, i) => flood(i % 2 === 0)));
      await sleep(500);
      for (let i = 0; i < 5; i++) await serves(30);
      expect(residentBytes() - before).to.be.lessThan(96 * MIB);
      isOver = true;
      for (const socket of sockets) socket.destroy();
      await flooding;
    });

    it('keeps no more than it should of those who take nothing, and of what they ask for', async () => {
      await serves();
      const before = residentBytes();
      const asked = Buffer.concat(
        Array.from({length: 250}, (_, i) => call(i + 1, 'ipc.runOnKey', key, sign('A'.repeat(90_000)))),
      );
      const greedy = await Promise.all(Array.from({length: MAX_CONNECTIONS_PER_CLIENT}, admitted));
      let most = 0;
      for (const socket of greedy) socket.write(asked);
      for (let i = 0; i < 20; i++) {
        most = Math.max(most, residentBytes());
        await sleep(100);
      }
      await serves();
      // All of it would be 1.4 GB.
      expect(most - before).to.be.lessThan(400 * MIB);
      for (const socket of greedy) socket.destroy();
      for (const socket of greedy) await ended(socket);
      await serves();
    });
  });
}
