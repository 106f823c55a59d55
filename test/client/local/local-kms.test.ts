import {mkdtemp, readFile, rm, stat} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect} from 'chai';
import {LocalKms, type LocalKmsOptions} from '../../../lib/client/local/local-kms.ts';
import {RemoteKms} from '../../../lib/client/remote/remote-kms.ts';
import {KmsConnectionError} from '../../../lib/client/client-errors.ts';
import {startServer} from '../../../lib/app.ts';
import {loadSettings} from '../../../lib/config/load-settings.ts';
import {createLogger} from '../../../lib/observability/logger.ts';
import {MalformedRequestError, NotAllowedError, NotFoundError} from '../../../lib/errors.ts';
import {freePort} from '../../crash/free-port.ts';
import {controller} from '../../support/did-key.ts';
import {refused} from '../refused.ts';

const DATA = Buffer.from('data');
const DAY_MS = 86_400_000;
const [alice, bob] = [controller('local: alice'), controller('local: bob')];

describe('LocalKms', () => {
  let dataDir: string;
  const open = (options: Partial<LocalKmsOptions> = {}): Promise<LocalKms> =>
    LocalKms.open({dataDir, controller: alice.did, ...options});

  beforeEach(async () => {
    dataDir = join(await mkdtemp(join(tmpdir(), 'webkms-local-')), 'data');
  });
  afterEach(() => rm(join(dataDir, '..'), {recursive: true, force: true}));

  it('makes the directory and a keystore, and finds both again', async () => {
    const first = await open();
    const {kid} = await first.createKey('aes256', {name: 'mine'});
    const text = await first.encrypt(kid, DATA);
    await first.destroy();
    expect((await stat(dataDir)).mode & 0o777).to.equal(0o700);
    const again = await open();
    expect(again.serviceIdentifier).to.equal(first.serviceIdentifier);
    expect(DATA.equals(await again.decrypt('name:mine', text))).to.equal(true);
    await again.destroy();
    const named = await open({keystoreId: first.serviceIdentifier});
    expect((await named.getKey('name:mine')).kid).to.equal(kid);
    await named.destroy();
  });

  it('lets nobody have the keystore of another', async () => {
    const alices = await open();
    const {kid} = await alices.createKey('aes256');
    const {serviceIdentifier: keystoreId} = alices;
    await alices.destroy();
    expect(await refused(open({controller: bob.did, keystoreId}))).to.be.instanceOf(NotAllowedError);
    const unknown = open({keystoreId: `${keystoreId}x`});
    expect(await refused(unknown)).to.be.instanceOf(NotAllowedError);
    const bobs = await open({controller: bob.did});
    expect(bobs.serviceIdentifier).to.not.equal(keystoreId);
    expect(await refused(bobs.encrypt(kid, DATA))).to.be.instanceOf(MalformedRequestError);
    await bobs.destroy();
    expect(await refused(open({controller: 'alice'}))).to.be.instanceOf(MalformedRequestError);
  });

  it('says whose the directory is while somebody has it', async () => {
    const first = await open();
    const error = await refused(open());
    expect(error).to.be.instanceOf(KmsConnectionError);
    expect(error.message).to.include(dataDir).and.include('webkms init --server');
    await first.destroy();
    await (await open()).destroy();
  });

  it('has the keys that a server has later, and the server those that it made', async () => {
    const port = await freePort();
    const environment = {WEBKMS_BASE_URL: `https://localhost:${port}`, WEBKMS_LOG_LEVEL: 'silent'};
    const local = await open({environment});
    const {publicKey} = await local.generateKeyPair('ed25519', {name: 'signer'});
    const {signature: old} = await local.sign('name:signer', DATA);
    await local.destroy();

    const settings = loadSettings({
      environment: {...environment, WEBKMS_DATA_DIR: dataDir, WEBKMS_LISTEN: `127.0.0.1:${port}`},
    });
    const server = await startServer(settings, {log: createLogger(settings.log)});
    const remote = await RemoteKms.connect({
      keystoreId: local.serviceIdentifier,
      signer: alice.signer,
      ca: await readFile(join(dataDir, 'tls.crt'), 'utf8'),
    });
    expect((await remote.getPublicKey('name:signer')).jwk).to.deep.equal(publicKey.jwk);
    expect(await remote.verify(publicKey.kid, DATA, old)).to.equal(true);
    await remote.rotateKey(publicKey.kid);
    const {signature} = await remote.sign(publicKey.kid, DATA);
    expect(await refused(open({environment}))).to.be.instanceOf(KmsConnectionError);
    await remote.destroy();
    await server.close();

    const again = await open({environment});
    expect(again.serviceIdentifier).to.equal(local.serviceIdentifier);
    expect(await (await again.getPublicKey('name:signer')).verify(DATA, signature)).to.equal(true);
    await again.destroy();
  });

  it('does when it is opened what became due meanwhile', async () => {
    let now = Date.parse('2026-11-22T08:00:00Z');
    const clock = (): number => now;
    const first = await open({clock});
    const {kid: rotating} = await first.createKey('aes256', {policy: {rotation: {afterSeconds: 3600}}});
    const {kid: going} = await first.createKey('aes256');
    await first.deleteKey(going, {recoveryWindowSeconds: 7 * 86_400});
    await first.destroy();

    now += DAY_MS;
    const second = await open({clock});
    expect((await second.getKey(rotating)).currentVersion).to.equal(2);
    expect((await second.getKey(going)).state).to.equal('pendingDeletion');
    await second.destroy();

    now += 7 * DAY_MS;
    const third = await open({clock});
    expect(await refused(third.getKey(going))).to.be.instanceOf(NotFoundError);
    expect(await refused(third.restoreKey(going))).to.be.an('error');
    await third.destroy();
  });

  it('asks for a passphrase only who can answer, and holds nothing where it could not be opened', async () => {
    const environment = {WEBKMS_ROOT_WRAPPER: 'passphrase:prompt'};
    const error = await refused(open({environment}));
    expect(error.message).to.include('passphrase for the root of trust');
    const prompt = async (): Promise<Uint8Array> => Buffer.from('correct horse battery staple');
    const first = await open({environment, prompt});
    const {kid} = await first.createKey('aes256');
    const text = await first.encrypt(kid, DATA);
    await first.destroy();
    expect(await refused(open({environment}))).to.be.an('error');
    const again = await open({environment, prompt});
    expect(DATA.equals(await again.decrypt(kid, text))).to.equal(true);
    await again.destroy();
  });
});
