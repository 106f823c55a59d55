import {lstat, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect} from 'chai';
import {KmsConnectionError} from '../../lib/client/client-errors.ts';
import {IpcKms} from '../../lib/client/local/ipc-kms.ts';
import {NotAllowedError} from '../../lib/errors.ts';
import {refused} from '../client/refused.ts';
import {populate, type PopulatedKeystore} from '../demonstrations/population.ts';
import {admin, adminCommand} from '../support/admin-command.ts';
import {controller} from '../support/did-key.ts';
import {delegate} from '../support/delegate.ts';
import {runServerProcess, type TestServer} from '../support/run-server.ts';

const DATA = Buffer.from('data');
const IPC = {WEBKMS_IPC: 'on'};

for (const workers of ['1', '2']) {
  describe(`webkms admin ipc, of a server of WEBKMS_WORKERS=${workers}`, function () {
    this.timeout(120_000);
    let server: TestServer;
    let keystore: PopulatedKeystore;
    let folder: string;

    before(async () => {
      server = await runServerProcess({environment: {...IPC, WEBKMS_WORKERS: workers}});
      [keystore] = (await populate(server, {keystores: 1, keysPerKeystore: 1})) as [PopulatedKeystore];
      folder = await mkdtemp(join(tmpdir(), 'webkms-ipc-'));
    });
    after(async () => {
      await server.stop();
      await rm(folder, {recursive: true, force: true});
    });

    const ipc = async (...args: readonly string[]): Promise<string> =>
      admin(['ipc', ...args], {dataDir: server.dataDir, environment: IPC});
    const attempt = (...args: readonly string[]) =>
      adminCommand(['ipc', ...args], {dataDir: server.dataDir, environment: IPC});

    it('adds an application, which has its secret in a file of its own, lists and removes it', async () => {
      const [credential, {id, keys}] = [join(folder, 'app.json'), keystore];
      const added = await ipc('add', 'app', '--keystore', id, '--actions', 'sign,read', '--out', credential);
      expect(added).to.contain('DID: did:key:z6Mk').and.contain(credential);
      expect((await lstat(credential)).mode & 0o777).to.equal(0o600);
      const {secret} = JSON.parse(await readFile(credential, 'utf8')) as {secret: string};
      const kms = await IpcKms.connect({credential});
      expect((await kms.sign(keys[0]!, DATA)).signature.length).to.equal(64);
      const listed = await ipc('list');
      expect(listed).to.contain(id).and.contain('actions sign, read').and.not.contain(secret);
      expect(await ipc('list', '--json')).not.to.contain('serverKey');
      expect(await ipc('remove', 'app')).to.contain('app');
      expect(await refused(kms.sign(keys[0]!, DATA))).to.be.instanceOf(KmsConnectionError);
      expect(await ipc('list')).not.to.contain('app');
      await kms.destroy();
    });

    it('revokes a build', async () => {
      const [credential, {id, keys}] = [join(folder, 'built.json'), keystore];
      const builder = controller('ipc commands: builder');
      const {did} = JSON.parse(
        await ipc(
          'add',
          'built',
          '--keystore',
          id,
          '--build-key',
          builder.did,
          '--out',
          credential,
          '--json',
        ),
      ) as {did: string};
      const parent = `urn:zcap:root:${encodeURIComponent(id)}`;
      const manifest = await delegate({parent, delegator: builder, controller: did, allowedAction: ['sign']});
      expect(await refused(IpcKms.connect({credential}))).to.be.instanceOf(NotAllowedError);
      const kms = await IpcKms.connect({credential, manifest});
      expect((await kms.sign(keys[0]!, DATA)).signature.length).to.equal(64);
      await ipc('revoke', 'built', manifest.id);
      expect(await refused(kms.sign(keys[0]!, DATA))).to.be.an('error');
      expect(await refused(IpcKms.connect({credential, manifest}))).to.be.instanceOf(NotAllowedError);
      expect(await ipc('list')).to.contain(`revoked ${manifest.id}`);
      await kms.destroy();
    });

    it('leaves nothing where it refuses', async () => {
      const taken = join(folder, 'taken.json');
      await writeFile(taken, 'mine');
      const {id} = keystore;
      for (const [args, status, message] of [
        [['add', 'x', '--keystore', id, '--out', taken], 1, 'there is such a file'],
        [['add', 'x', '--keystore', `${id}x`, '--out', join(folder, 'x')], 1, 'no keystore'],
        [['add', '-x', '--keystore', id], 2, ''],
        [['add', 'x/y', '--keystore', id, '--out', join(folder, 'x')], 2, 'name'],
        [['add', 'x', '--keystore', id, '--actions', 'fly', '--out', join(folder, 'x')], 2, '--actions'],
        [['add', 'x', '--out', join(folder, 'x')], 2, '--keystore'],
        [['remove', 'nobody'], 1, 'no IPC client'],
        [['revoke', 'nobody', 'urn:uuid:x'], 1, 'no IPC client'],
      ] as const) {
        const outcome = await attempt(...args);
        expect(outcome.status, outcome.err).to.equal(status);
        expect(outcome.err).to.contain(message);
      }
      expect(await readFile(taken, 'utf8')).to.equal('mine');
      expect(await refused(lstat(join(folder, 'x')))).to.be.an('error');
    });
  });
}
