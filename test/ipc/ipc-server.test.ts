import {chmod, lstat, readFile, writeFile} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {expect} from 'chai';
import type {IpcClient} from '../../lib/admin/ipc-client.ts';
import {KmsConnectionError} from '../../lib/client/client-errors.ts';
import {IpcKms} from '../../lib/client/local/ipc-kms.ts';
import {NotAllowedError, NotFoundError, RateLimitError} from '../../lib/errors.ts';
import {refused} from '../client/refused.ts';
import {OWNER, populate, type PopulatedKeystore} from '../demonstrations/population.ts';
import {controller} from '../support/did-key.ts';
import {delegate} from '../support/delegate.ts';
import {runServer, type TestServer} from '../support/run-server.ts';
import {send, signedRequest} from '../support/signed-request.ts';
import {addApplication, addClient, ask, type IpcApplication} from './ipc-application.ts';

const DATA = Buffer.from('data');
const localId = (url: string): string => url.slice(url.lastIndexOf('/') + 1);
const rootOf = (keystoreId: string): string => `urn:zcap:root:${encodeURIComponent(keystoreId)}`;

for (const isolation of ['none', 'process']) {
  describe(`IPC of a server with WEBKMS_ISOLATION=${isolation}`, function () {
    this.timeout(60_000);
    let server: TestServer;
    let own: PopulatedKeystore;
    let others: PopulatedKeystore;
    let closing: AsyncDisposableStack;

    before(async () => {
      server = await runServer({environment: {WEBKMS_IPC: 'on', WEBKMS_ISOLATION: isolation}});
      [own, others] = (await populate(server, {keystores: 2, keysPerKeystore: 2})) as [
        PopulatedKeystore,
        PopulatedKeystore,
      ];
    });
    after(() => server.stop());
    beforeEach(() => {
      closing = new AsyncDisposableStack();
    });
    afterEach(() => closing.disposeAsync());

    let names = 0;
    const add = async (grant: Partial<IpcClient> = {}): Promise<IpcApplication> => {
      const application = await addApplication(server, {
        ...{name: `app-${++names}`, keystoreId: own.id},
        ...grant,
      });
      return closing.use(application);
    };
    const connect = async (application: IpcApplication, manifest?: object): Promise<IpcKms> => {
      const kms = await IpcKms.connect({credential: application.credential, ...(manifest && {manifest})});
      closing.defer(() => kms.destroy());
      return kms;
    };

    it('has its socket where nobody else may look, and no secret in the register', async () => {
      const {socket, credential} = await add();
      expect((await lstat(socket)).mode & 0o777).to.equal(0o600);
      expect((await lstat(dirname(socket))).mode & 0o777).to.equal(0o700);
      const register = join(server.dataDir, 'ipc-clients');
      expect((await lstat(register)).mode & 0o777).to.equal(0o600);
      const {secret} = JSON.parse(await readFile(credential, 'utf8')) as {secret: string};
      const {clients} = (await ask(server, 'ipc.list')) as {clients: readonly IpcClient[]};
      expect(JSON.stringify(clients)).not.to.contain(secret);
      expect(await readFile(register, 'latin1')).not.to.contain('did:key');
    });

    it('lets a client use its own keystore, and no other', async () => {
      const kms = await connect(await add());
      const [key = ''] = own.keys;
      const {signature} = await kms.sign(key, DATA);
      expect(await kms.verify(key, DATA, signature)).to.equal(true);
      const [foreign = ''] = others.keys;
      expect(await refused(kms.sign(foreign, DATA)))
        .to.be.an('error')
        .and.not.instanceOf(TypeError);
      const missing = `${own.id}/keys/z1AAAAAAAAAAAAAAAAAAAAAA`;
      expect(await refused(kms.sign(missing, DATA))).to.be.instanceOf(NotFoundError);
    });

    it('lets it use the keys, and do the actions, that it was given', async () => {
      const [mine = '', other = ''] = own.keys;
      const kms = await connect(await add({keys: [localId(mine)], actions: ['sign', 'read']}));
      const {signature} = await kms.sign(mine, DATA);
      expect(signature.length).to.equal(64);
      expect((await kms.getKey(mine)).kid).to.equal(mine);
      expect(await refused(kms.verify(mine, DATA, signature))).to.be.instanceOf(NotAllowedError);
      expect(await refused(kms.sign(other, DATA))).to.be.instanceOf(NotAllowedError);
      expect(await refused(kms.getKey(other))).to.be.instanceOf(NotAllowedError);
      expect(await refused(kms.createKey('aes256'))).to.be.instanceOf(NotAllowedError);
      const listed: string[] = [];
      for await (const {kid} of kms.listKeys()) listed.push(kid);
      expect(listed).to.deep.equal([mine]);
      const maker = await connect(await add({actions: ['generateKey', 'read']}));
      expect((await maker.createKey('aes256')).kid).to.match(/^https:/);
    });

    it('ends the connections of a client that is removed, at once, and knows it no more', async () => {
      const [key = ''] = own.keys;
      const application = await add();
      const [kms, staying] = [await connect(application), await connect(await add())];
      await kms.sign(key, DATA);
      await ask(server, 'ipc.remove', {name: application.name});
      expect(await refused(kms.sign(key, DATA))).to.be.instanceOf(KmsConnectionError);
      expect(await refused(connect(application))).to.be.instanceOf(KmsConnectionError);
      expect((await staying.sign(key, DATA)).signature.length).to.equal(64);
    });

    it('connects again where the connection broke', async () => {
      const [key = ''] = own.keys;
      const application = await add();
      const kms = await connect(application);
      await kms.sign(key, DATA);
      await ask(server, 'ipc.remove', {name: application.name});
      const {name, identity, keystoreId} = application;
      const serverKey = Buffer.from(identity.serverKey).toString('base64url');
      await addClient(server, {name, did: identity.did, serverKey, keystoreId});
      expect((await kms.sign(key, DATA)).signature.length).to.equal(64);
    });

    it('refuses names that are taken, and keystores and keys that are not there', async () => {
      const {name} = await add();
      expect((await refused(add({name}))).message).to.contain('already');
      expect((await refused(add({keystoreId: `${own.id}x`}))).message).to.contain('no keystore');
      expect((await refused(add({keys: ['z1AAAAAAAAAAAAAAAAAAAAAA']}))).message).to.contain('no key');
      expect((await refused(ask(server, 'ipc.remove', {name: 'nobody'}))).message).to.contain(
        'no IPC client',
      );
    });

    it('serves nobody while it is sealed, and everybody afterwards', async function () {
      const [key = ''] = own.keys;
      const kms = await connect(await add());
      await ask(server, 'seal');
      expect((await refused(kms.sign(key, DATA))).name).to.equal('UnavailableError');
      await ask(server, 'unseal', {});
      expect((await kms.sign(key, DATA)).signature.length).to.equal(64);
    });

    it('has the client show that its build is one of the build key’s, for as long as that is so', async () => {
      const [key = '', other = ''] = own.keys;
      const builder = controller('ipc: builder');
      const application = await add({buildKey: builder.did});
      const manifestOf = (options: Partial<Parameters<typeof delegate>[0]> = {}): Promise<object> =>
        delegate({
          ...{parent: rootOf(own.id), delegator: builder, controller: application.identity.did},
          ...{allowedAction: ['sign'], invocationTarget: key},
          ...options,
        });
      const manifest = (await manifestOf()) as {id: string};
      const kms = await connect(application, manifest);
      expect((await kms.sign(key, DATA)).signature.length).to.equal(64);
      expect(await refused(kms.getKey(key))).to.be.instanceOf(NotAllowedError);
      expect(await refused(kms.sign(other, DATA))).to.be.instanceOf(NotAllowedError);

      for (const wrong of [
        undefined,
        {},
        {...manifest, allowedAction: ['sign', 'read']},
        await manifestOf({delegator: controller('ipc: somebody')}),
        await manifestOf({controller: controller('ipc: another client').did}),
        await manifestOf({parent: rootOf(others.id), invocationTarget: others.id}),
        await manifestOf({
          created: new Date(Date.now() - 7_200_000),
          expires: new Date(Date.now() - 3_600_000),
        }),
      ]) {
        expect(await refused(connect(application, wrong)), JSON.stringify(wrong)).to.be.instanceOf(
          NotAllowedError,
        );
      }

      const next = await connect(application, await manifestOf());
      await ask(server, 'ipc.revoke', {name: application.name, build: manifest.id});
      expect(await refused(kms.sign(key, DATA))).to.be.an('error');
      expect(await refused(connect(application, manifest))).to.be.instanceOf(NotAllowedError);
      // Its connection was ended, too, as all of the client’s: it is made again.
      expect((await next.sign(key, DATA)).signature.length).to.equal(64);
    });

    it('R41: refuses at once a manifest that was revoked as any capability is', async () => {
      const [key = ''] = own.keys;
      const application = await add({buildKey: OWNER.did});
      const manifest = await delegate({
        ...{parent: rootOf(own.id), delegator: OWNER, controller: application.identity.did},
        ...{allowedAction: ['sign'], invocationTarget: own.id},
      });
      const kms = await connect(application, manifest);
      expect((await kms.sign(key, DATA)).signature.length).to.equal(64);
      const url = `${own.id}/zcaps/revocations/${encodeURIComponent(manifest.id)}`;
      const revoking = signedRequest({url, json: manifest, action: 'write', signer: OWNER});
      expect((await send(server, revoking)).status).to.equal(204);
      for (const connection of [kms, await connect(application, manifest)]) {
        const error = await refused(connection.sign(key, DATA));
        expect(error).to.be.instanceOf(NotAllowedError);
        expect(error).to.have.nested.property('publicCause.message').that.contains('revoked');
      }
    });

    it('reads no credential that others may read, and none that was cut', async () => {
      const {credential} = await add();
      await chmod(credential, 0o640);
      expect((await refused(IpcKms.connect({credential}))).message).to.contain('chmod 600');
      await chmod(credential, 0o600);
      await writeFile(credential, (await readFile(credential, 'utf8')).slice(0, -40));
      expect(await refused(IpcKms.connect({credential}))).to.be.an('error');
    });
  });
}

describe('IPC', function () {
  this.timeout(60_000);

  it('counts what a client asks for', async () => {
    const server = await runServer({
      environment: {WEBKMS_IPC: 'on', WEBKMS_RATE_LIMIT: '1000/1h', WEBKMS_RATE_LIMIT_INVOKER: '10/1h'},
    });
    try {
      const [keystore] = await populate(server, {keystores: 1, keysPerKeystore: 1});
      await using application = await addApplication(server, {keystoreId: keystore!.id});
      const kms = await IpcKms.connect({credential: application.credential});
      const [key = ''] = keystore!.keys;
      const outcomes = await Promise.allSettled(Array.from({length: 20}, () => kms.sign(key, DATA)));
      expect(outcomes.filter(({status}) => status === 'fulfilled').length).to.be.within(1, 10);
      expect(await refused(kms.sign(key, DATA))).to.be.instanceOf(RateLimitError);
      await kms.destroy();
    } finally {
      await server.stop();
    }
  });

  it('has a register that nobody changes but the server', async () => {
    const server = await runServer({environment: {WEBKMS_IPC: 'on'}});
    try {
      const [keystore] = await populate(server, {keystores: 1, keysPerKeystore: 0});
      await using application = await addApplication(server, {keystoreId: keystore!.id});
      const register = join(server.dataDir, 'ipc-clients');
      const sealed = await readFile(register, 'latin1');
      await writeFile(register, `${sealed.startsWith('A') ? 'B' : 'A'}${sealed.slice(1)}`);
      expect((await refused(ask(server, 'ipc.list'))).message).to.contain('does not open');
      await writeFile(register, sealed);
      await ask(server, 'ipc.list');
      await (await IpcKms.connect({credential: application.credential})).destroy();
    } finally {
      await server.stop();
    }
  });
});
