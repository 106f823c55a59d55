import {lstat, mkdtemp, rm, unlink} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {expect} from 'chai';
import {IpcKms} from '../../lib/client/local/ipc-kms.ts';
import {UnavailableError} from '../../lib/errors.ts';
import {refused} from '../client/refused.ts';
import {freePort} from '../crash/free-port.ts';
import {ServerProcess} from '../crash/server-process.ts';
import {populate, type PopulatedKeystore} from '../demonstrations/population.ts';
import {keyProcessOf} from '../isolation/key-process-of.ts';
import {admin, adminCommand} from '../support/admin-command.ts';

const DATA = Buffer.from('data');

for (const isolation of ['none', 'process']) {
  describe(`the IPC socket of a server process, WEBKMS_ISOLATION=${isolation}`, function () {
    this.timeout(120_000);
    let folder: string;
    let socket: string;
    let port: number;
    let server: ServerProcess;
    let keystore: PopulatedKeystore;
    let credential: string;

    const environment = (): Readonly<Record<string, string>> => ({
      WEBKMS_IPC: socket,
      WEBKMS_ISOLATION: isolation,
    });
    const start = (name = 'a', at = port): Promise<ServerProcess> =>
      ServerProcess.start({dataDir: join(folder, name), port: at, environment: environment()});
    const signs = async (): Promise<number> => {
      const kms = await IpcKms.connect({credential});
      const {signature} = await kms.sign(keystore.keys[0]!, DATA);
      await kms.destroy();
      return signature.length;
    };

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'webkms-ipc-'));
      socket = join(folder, 'own', 'webkms.sock');
      credential = join(folder, 'app.json');
      port = await freePort();
      server = await start();
      [keystore] = (await populate(
        {baseUrl: server.url, port, ca: server.ca},
        {
          keystores: 1,
          keysPerKeystore: 1,
        },
      )) as [PopulatedKeystore];
      const args = ['ipc', 'add', 'app', '--keystore', keystore.id, '--out', credential];
      const options = {dataDir: join(folder, 'a'), environment: environment()};
      if (isolation === 'process') {
        const {status, err} = await adminCommand(args, options);
        expect(status).to.equal(1);
        expect(err).to.contain('while the server is stopped');
        expect((await refused(lstat(credential))).message).to.contain('ENOENT');
        await server.stop();
        await admin(args, options);
        server = await start();
      } else await admin(args, options);
    });
    after(async () => {
      await server.stop();
      await rm(folder, {recursive: true, force: true});
    });

    it('is there again after the server was killed, or somebody has deleted it', async () => {
      expect(await signs()).to.equal(64);
      await server.kill();
      expect((await lstat(socket)).isSocket()).to.equal(true);
      expect(await refused(signs())).to.be.an('error');
      server = await start();
      expect(await signs()).to.equal(64);
      await unlink(socket);
      while (!(await signs().catch(() => false))) await sleep(50);
    });

    it('is of one server: another that is to have it does not start, and says why', async () => {
      const error = await refused(start('b', await freePort()));
      expect(error.message).to.contain(`Another server listens on ${socket}, WEBKMS_IPC`);
      expect(await signs()).to.equal(64);
    });

    if (isolation === 'process') {
      it('goes on while the key process dies: calls fail as over HTTP, and no key is lost', async () => {
        const kms = await IpcKms.connect({credential});
        const before = await keyProcessOf(server.pid);
        const [made, errors]: [string[], unknown[]] = [[], []];
        // Until some are made by the one that is begun again, which takes as long as the machine is busy.
        for (let i = 0; i < 60 || made.length < 30; i++) {
          if (i === 20) process.kill(before, 'SIGKILL');
          await kms.createKey('aes256').then(
            ({kid}) => made.push(kid),
            (error: unknown) => errors.push(error),
          );
          if (i > 20) await sleep(20);
        }
        for (const error of errors) expect(error).to.be.instanceOf(UnavailableError);
        expect(errors.length).to.be.greaterThan(0);
        await keyProcessOf(server.pid, before);
        while (!(await kms.sign(keystore.keys[0]!, DATA).catch(() => false))) await sleep(50);
        const there = new Set<string>();
        for await (const {kid} of kms.listKeys()) there.add(kid);
        expect(made.length).to.be.greaterThan(20);
        expect(made.filter((kid) => !there.has(kid))).to.deep.equal([]);
        await kms.destroy();
      });
    }

    it('goes when the server stops', async () => {
      const kms = await IpcKms.connect({credential, reconnectMs: 100});
      await server.stop();
      expect((await refused(lstat(socket))).message).to.contain('ENOENT');
      expect(await refused(kms.sign(keystore.keys[0]!, DATA))).to.be.an('error');
      server = await start();
      expect((await kms.sign(keystore.keys[0]!, DATA)).signature.length).to.equal(64);
      await kms.destroy();
    });
  });
}
