import {spawn} from 'node:child_process';
import {readFileSync, rmSync} from 'node:fs';
import {createServer, type AddressInfo} from 'node:net';
import {join} from 'node:path';
import {once} from 'node:events';
import {setTimeout as sleep} from 'node:timers/promises';
import {expect} from 'chai';
import {controller} from '../support/did-key.ts';
import {killProcess, WorkersServer} from './workers-server.ts';

const owner = controller('workers: owner of secrets');
const KEY = Buffer.alloc(32, 9).toString('base64url');
const PASSPHRASE = 'correct horse battery staple';

describe('webkms serve with workers and roots of trust', function () {
  // Each starts a server or two, of three processes each.
  this.timeout(180_000);
  let server: WorkersServer;
  afterEach(() => server.remove());

  const sealed = async (): Promise<(boolean | undefined)[]> =>
    (await server.workerStatus()).map((worker) => worker.sealed);
  const ready = async (): Promise<Set<number>> => {
    const codes = new Set<number>();
    for (let i = 0; i < 6; i++) codes.add((await server.get('/health/ready')).status);
    return codes;
  };
  /** Kills the worker that has been there longest, or is the other one; resolves when another is in its place. */
  const replaceOne = async (which: 0 | 1): Promise<void> => {
    const victim = server.workers[which] ?? 0;
    killProcess(victim);
    await server.until(async () => {
      // The victim may have been who answers operators.
      const workers = await server.workerStatus().catch(() => []);
      return workers.filter(({pid, state}) => pid !== victim && state === 'listening').length === 2;
    });
  };
  const expectToWork = async (): Promise<void> => {
    for (let i = 0; i < 4; i++) {
      const clients = server.clients();
      const key = await clients.createKey(owner);
      await key.kms.sign({keyId: key.keyId, data: Buffer.from('data'), invocationSigner: owner.signer});
    }
    expect(await ready()).to.deep.equal(new Set([200]));
  };
  const expectNoTrace = (secret: string): void => {
    expect(server.out + server.err).not.to.include(secret);
    for (const pid of [server.pid, ...server.workers])
      expect(readFileSync(`/proc/${pid}/cmdline`, 'latin1')).not.to.include(secret);
  };

  it('opens a root in shares in all of them, and in one that replaces another; seals all', async () => {
    server = await WorkersServer.start({environment: {WEBKMS_ROOT_WRAPPER: 'shamir:2-of-3'}});
    expect(server.out).to.include('SEALED: there is no root of trust yet');
    expect(await ready()).to.deep.equal(new Set([503]));
    const {shares} = JSON.parse((await server.admin(['init', '--json'])).out) as {shares: string[]};
    expect(await sealed()).to.deep.equal([true, true]);
    await server.admin(['unseal'], `${shares[0] ?? ''}\n`);
    expect(await sealed()).to.deep.equal([true, true]);
    await server.admin(['unseal'], `${shares[1] ?? ''}\n`);
    expect(await sealed()).to.deep.equal([false, false]);
    await expectToWork();

    // The one that was given the shares, then the one that was not.
    await replaceOne(0);
    expect(await sealed()).to.deep.equal([false, false]);
    await replaceOne(0);
    expect(await sealed()).to.deep.equal([false, false]);
    await expectToWork();
    server.child.kill('SIGHUP');
    await server.said('all workers are new');
    await expectToWork();

    expect((await server.admin(['seal'])).status).to.equal(0);
    expect((await sealed()).every((one) => one === true)).to.be.true;
    // Readiness believes its last success for a second; requests are refused at once.
    const refused = await server
      .clients()
      .createKey(owner)
      .catch((error: unknown) => error);
    expect(refused).to.have.property('status', 503);
    while ((await ready()).has(200)) await sleep(100);
    expect(await ready()).to.deep.equal(new Set([503]));
    for (const share of shares) expectNoTrace(share);
  });

  it('opens again nothing that an operator has sealed, also where all workers die', async () => {
    server = await WorkersServer.start();
    await expectToWork();
    await server.admin(['seal']);
    expect(await sealed()).to.deep.equal([true, true]);
    await replaceOne(1);
    expect(await sealed()).to.deep.equal([true, true]);
    for (const pid of server.workers) killProcess(pid);
    await server.said('a worker listens', 3);
    expect(await sealed()).to.deep.equal([true, true]);
    await server.admin(['unseal']);
    expect(await sealed()).to.deep.equal([false, false]);
    await expectToWork();
  });

  it('goes on with a root that was added, when the first one was retired', async () => {
    server = await WorkersServer.start({environment: {WEBKMS_METRICS_LISTEN: 'off'}});
    await expectToWork();
    const added = await server.admin(['root', 'add', 'shamir:2-of-2', '--json']);
    expect(added.status, added.err).to.equal(0);
    const {roots} = JSON.parse((await server.admin(['root', 'list', '--json'])).out) as {
      roots: {id: string; uri: string}[];
    };
    const first = roots.find(({uri}) => uri.startsWith('file:'))?.id ?? '';
    const {shares} = JSON.parse(added.out) as {shares: string[]};
    for (const share of shares) await server.admin(['unseal'], `${share}\n`);
    const retired = await server.admin(['root', 'retire', first, '--yes']);
    expect(retired.status, retired.err).to.equal(0);
    rmSync(join(server.dataDir, 'root.key'));
    expect(await sealed()).to.deep.equal([false, false]);
    await expectToWork();
    await replaceOne(0);
    await replaceOne(0);
    expect(await sealed()).to.deep.equal([false, false]);
    await expectToWork();
  });

  it('opens a root in the environment, which the log, titles and arguments do not show', async () => {
    server = await WorkersServer.start({
      environment: {WEBKMS_ROOT_WRAPPER: 'env:WEBKMS_ROOT_KEY', WEBKMS_ROOT_KEY: KEY},
    });
    await expectToWork();
    for (const pid of server.workers) killProcess(pid);
    await server.said('a worker listens', 2);
    await expectToWork();
    expectNoTrace(KEY);
  });

  it('reads a passphrase from a descriptor once, for all; and gives up where nobody has it any more', async () => {
    for (const descriptor of [3, 5]) {
      const writer = spawn('sh', ['-c', `printf '%s\\n' '${PASSPHRASE}'`], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      const stdio = Array.from({length: descriptor + 1}, () => 'ignore' as const) as ('ignore' | 'pipe')[];
      stdio[1] = stdio[2] = stdio[descriptor] = 'pipe';
      server = await WorkersServer.spawn({
        environment: {WEBKMS_ROOT_WRAPPER: `passphrase:fd=${descriptor}`},
        stdio,
      });
      const pipe = server.child.stdio[descriptor as 3] as unknown as NodeJS.WritableStream;
      writer.stdout.pipe(pipe);
      await server.until(() => server.out.includes('To stop it'));
      await expectToWork();
      await replaceOne(0);
      await replaceOne(1);
      await expectToWork();
      expectNoTrace(PASSPHRASE);
      if (descriptor === 3) await server.remove();
    }
    for (const pid of server.workers) killProcess(pid);
    await server.until(() => server.child.exitCode !== null);
    expect(await server.exited).to.deep.equal([1, null]);
    const said = server.err.split('\n').filter((line) => line.startsWith('webkms: '));
    expect(said).to.have.lengthOf(1);
    expect(said[0])
      .to.include('no worker can be begun any more')
      .and.include('nobody to ask for a passphrase');
  });

  it('says once what is wrong with the settings, as one process does, and exits', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const {port} = taken.address() as AddressInfo;
    try {
      for (const [environment, code, message] of [
        [{WEBKMS_WORKERS: '0'}, 2, 'WEBKMS_WORKERS must be a whole number from 1 to 64, or auto'],
        [
          {WEBKMS_TLS: 'files', WEBKMS_TLS_CERT: '/none', WEBKMS_TLS_KEY: '/none'},
          1,
          'WEBKMS_TLS_CERT names a file',
        ],
        [{WEBKMS_LISTEN: `127.0.0.1:${port}`}, 1, `webkms: port ${port} is taken by another process;`],
        [{WEBKMS_METRICS_LISTEN: `127.0.0.1:${port}`}, 1, 'set WEBKMS_METRICS_LISTEN'],
        [
          {WEBKMS_ROOT_WRAPPER: 'env:WEBKMS_ROOT_KEY'},
          1,
          'The environment variable WEBKMS_ROOT_KEY is not set',
        ],
      ] as const) {
        server = await WorkersServer.spawn({environment: {...environment, WEBKMS_LOG_LEVEL: 'silent'}});
        expect(await server.exited, message).to.deep.equal([code, null]);
        expect(server.err.split(message), server.err).to.have.lengthOf(2);
        expect(server.err.trim().split('\n')).to.have.lengthOf(code);
        expect(server.out).to.equal('');
        await server.remove();
      }
    } finally {
      taken.close();
    }
  });
});
