import {mkdtemp, readFile, rename, rm, writeFile} from 'node:fs/promises';
import {Agent, get} from 'node:https';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {json} from 'node:stream/consumers';
import {expect} from 'chai';
import {TokenHeldKeys} from '../../lib/key-modules/pkcs11/token-held-keys.ts';
import {Pkcs11Token} from '../../lib/pkcs11/pkcs11-token.ts';
import {freePort} from '../crash/free-port.ts';
import {ServerProcess} from '../crash/server-process.ts';
import {verifiesIndependently} from '../official-clients/independent-keys.ts';
import {OfficialClients} from '../official-clients/official-clients.ts';
import {until} from '../maintenance/until.ts';
import {admin, adminCommand} from '../support/admin-command.ts';
import {controller} from '../support/did-key.ts';
import {SoftHsmToken} from '../support/softhsm-token.ts';

/** By other means than the server. */
async function destroyKeys(token: SoftHsmToken): Promise<void> {
  token.use();
  const opened = await Pkcs11Token.open(token.options());
  try {
    const held = new TokenHeldKeys(opened);
    for (const key of await held.list()) await held.destroy(key);
  } finally {
    await opened.close();
  }
}

const DATA = Buffer.from('data');
const type = 'Ed25519VerificationKey2020';
const ROOT = 'pkcs11:token=webkms-test;object=webkms-root';

interface MadeKey {
  readonly keystoreId: string;
  readonly keyId: string;
  readonly description: unknown;
}

describe('webkms with a root of trust in a token', function () {
  this.timeout(120_000);
  const owner = controller('hsm root: owner');
  const {signer: invocationSigner} = owner;
  let token: SoftHsmToken;
  let dir = '';
  let dataDir: string;
  let port: number;
  let environment: Record<string, string>;
  const tokens: SoftHsmToken[] = [];
  const running: ServerProcess[] = [];

  beforeEach(async function () {
    token = await SoftHsmToken.create(this);
    tokens.push(token);
    dir = await mkdtemp(join(tmpdir(), 'webkms-hsm-root-'));
    dataDir = join(dir, 'data');
    port = await freePort();
    environment = {
      SOFTHSM2_CONF: token.configuration,
      WEBKMS_ROOT_WRAPPER: ROOT,
      WEBKMS_PKCS11_LIBRARY: token.library,
      WEBKMS_PKCS11_PIN_FILE: token.pinFile,
    };
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((server) => server.kill()));
    for (const made of tokens.splice(0)) await made.delete();
    if (dir !== '') await rm(dir, {recursive: true, force: true});
  });

  async function start(
    more: Readonly<Record<string, string>> = {},
  ): Promise<{clients: OfficialClients; agent: Agent; readonly stop: () => Promise<void>}> {
    const server = await ServerProcess.start({dataDir, port, environment: {...environment, ...more}});
    running.push(server);
    const agent = new Agent({ca: server.ca});
    return {
      clients: new OfficialClients({url: server.url, httpsAgent: agent}),
      agent,
      stop: () => server.stop(),
    };
  }
  async function refused(): Promise<string> {
    const error: unknown = await start().catch((cause: unknown) => cause);
    expect(error).to.be.instanceOf(Error);
    return String(error);
  }
  async function makeKey(clients: OfficialClients, config = {}): Promise<MadeKey> {
    const {id: keystoreId} = await clients.createKeystore(owner, config);
    const {keyId, keyDescription} = await clients.kms(keystoreId).generateKey({type, invocationSigner});
    return {keystoreId, keyId, description: keyDescription};
  }
  async function expectSigns(
    clients: OfficialClients,
    {keystoreId, keyId, description}: MadeKey,
  ): Promise<void> {
    const signature = await clients.kms(keystoreId).sign({keyId, data: DATA, invocationSigner});
    expect(
      await verifiesIndependently(type, {description: description as never, data: DATA, signature}),
    ).to.equal(true);
  }
  const statusOf = (agent: Agent, path: string): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      get({host: 'localhost', port, path, agent}, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).on('error', reject);
    });

  const bodyOf = (agent: Agent, path: string): Promise<unknown> =>
    new Promise((resolve, reject) => {
      get({host: 'localhost', port, path, agent}, (response) => {
        json(response).then(resolve, reject);
      }).on('error', reject);
    });

  it('makes its key once, starts again with it, and not without its token, or its key', async function () {
    const first = await start();
    const key = await makeKey(first.clients);
    await first.stop();
    const second = await start({WEBKMS_WORKERS: '2'});
    for (let i = 0; i < 8; i++) await expectSigns(second.clients, key);
    await makeKey(second.clients);
    expect(await admin(['root', 'list'], {dataDir, environment})).to.match(
      /pkcs11:token=webkms-test;object=webkms-root;type=secret-key/,
    );
    expect(await admin(['check'], {dataDir, environment})).to.include('as it was written');
    await second.stop();

    await token.remove();
    expect(await refused())
      .to.include('There is no token label "webkms-test"')
      .and.include('cannot be used');
    await token.putBack();
    environment['WEBKMS_PKCS11_PIN_FILE'] = await token.writePin('wrong', '99999999');
    expect(await refused()).to.include('refused the PIN');
    expect(await refused()).to.include('it is not tried again');
    environment['WEBKMS_PKCS11_PIN_FILE'] = token.pinFile;
    environment['WEBKMS_ROOT_WRAPPER'] = 'pkcs11:token=webkms-test;object=another';
    const third = await start();
    await expectSigns(third.clients, key);
    await third.stop();
    // Another root than the store's is named, and none is made.
    environment['WEBKMS_ROOT_WRAPPER'] = ROOT;
    const keys = await SoftHsmToken.create(this);
    try {
      environment['SOFTHSM2_CONF'] = keys.configuration;
      expect(await refused())
        .to.include('no secret key "webkms-root"')
        .and.include('The store was sealed with it');
    } finally {
      await keys.delete();
    }
  });

  it('goes on with open keys while the token is away, says that it is not well, and recovers', async () => {
    const {clients, agent, stop} = await start();
    const key = await makeKey(clients);
    await expectSigns(clients, key);
    expect(await statusOf(agent, '/health/ready')).to.equal(200);
    await token.remove();
    await until(async () => (await statusOf(agent, '/health/ready')) === 503, 30_000);
    await expectSigns(clients, key);
    const made = await makeKey(clients).catch((error: unknown) => error as {status?: number});
    expect(made).to.have.property('status', 503);
    await token.putBack();
    await until(async () => (await statusOf(agent, '/health/ready')) === 200, 30_000);
    await expectSigns(clients, await makeKey(clients));
    await stop();
  });

  it('is added to a running server beside a file, which is then retired; and opens a backup', async () => {
    const file = join(dir, 'root.key');
    environment['WEBKMS_ROOT_WRAPPER'] = `file:${file}`;
    const first = await start();
    const key = await makeKey(first.clients);
    expect(await admin(['root', 'add', ROOT], {dataDir, environment})).to.include('made just now');
    const again = await adminCommand(['root', 'add', ROOT], {dataDir, environment});
    expect(again.status).to.equal(1);
    expect(again.err).to.include('in the store already');
    const [, fileRoot = ''] =
      /(rw_\S+)[^\n]*file:/.exec(await admin(['root', 'list'], {dataDir, environment})) ?? [];
    await admin(['root', 'retire', fileRoot, '--yes'], {dataDir, environment});
    await makeKey(first.clients);
    const backup = join(dir, 'backup');
    await admin(['backup', backup], {dataDir, environment});
    await first.stop();
    await rm(file);
    environment['WEBKMS_ROOT_WRAPPER'] = ROOT;
    const second = await start();
    await expectSigns(second.clients, key);
    await second.stop();

    await rename(dataDir, join(dir, 'old'));
    expect(await admin(['restore', backup], {dataDir, environment})).to.include('Opened by: rw_');
    const restored = await start();
    await expectSigns(restored.clients, key);
    await restored.stop();
  });

  const besideFile = async (): Promise<MadeKey> => {
    environment['WEBKMS_ROOT_WRAPPER'] = `file:${join(dir, 'root.key')}`;
    environment['WEBKMS_LOG_FILE'] = join(dir, 'log');
    environment['WEBKMS_LOG_LEVEL'] = 'info';
    const {clients, stop} = await start();
    const key = await makeKey(clients);
    await admin(['root', 'add', ROOT], {dataDir, environment});
    await stop();
    return key;
  };
  const logged = async (message: string): Promise<number> =>
    (await readFile(join(dir, 'log'), 'utf8')).split(message).length - 1;

  for (const isolation of ['none', 'process']) {
    it(`seals nothing while it is away, whatever other root is open, and is tried again, isolation ${isolation}`, async () => {
      const key = await besideFile();
      environment['WEBKMS_ISOLATION'] = isolation;
      environment['WEBKMS_OTHER_ROOT_WRAPPERS'] = ROOT;
      await token.remove();
      const {clients, agent, stop} = await start();
      await expectSigns(clients, key);
      const made = await makeKey(clients).catch((error: unknown) => error);
      expect(made).to.have.property('status', 503);
      expect(await bodyOf(agent, '/health/ready')).to.deep.equal({status: 'ok', missing: ['root-of-trust']});
      expect(await admin(['status'], {dataDir, environment})).to.match(
        /closed {2}pkcs11:.*There is no token.* It is tried again by itself/,
      );
      const still = await adminCommand(['unseal'], {dataDir, environment});
      expect(still).to.include({status: 1, out: ''});
      expect(still.err).to.include('There is no token label');
      await token.putBack();
      await until(async () => (await logged('a root of trust is back, and open')) > 0, 60_000);
      await expectSigns(clients, await makeKey(clients));
      await until(async () => !('missing' in ((await bodyOf(agent, '/health/ready')) as object)));
      expect(await admin(['status'], {dataDir, environment})).to.match(/open {4}pkcs11:[^(]*\n/);
      expect(await logged('a root of trust is back, and open')).to.equal(1);
      await stop();
    });
  }

  it('is not tried again with a PIN that was refused, until an operator says so', async () => {
    await besideFile();
    const pinFile = await token.writePin('changed', '99999999');
    environment['WEBKMS_PKCS11_PIN_FILE'] = pinFile;
    const {clients, stop} = await start();
    const status = await admin(['status'], {dataDir, environment});
    expect(status)
      .to.match(/closed {2}pkcs11:.*refused the PIN/)
      .and.not.include('tried again by itself');
    await writeFile(pinFile, `${token.pin}\n`);
    await new Promise((resolve) => setTimeout(resolve, 3000));
    expect(await admin(['status'], {dataDir, environment})).to.include('refused the PIN');
    expect(await admin(['unseal'], {dataDir, environment})).to.match(/^Opened: rw_\S+ {2}pkcs11:/);
    await makeKey(clients);
    await stop();
  });

  it('is the key process’s, where keys have one of their own', async () => {
    environment['WEBKMS_ISOLATION'] = 'process';
    environment['WEBKMS_KEY_MODULES'] = 'software,pkcs11';
    environment['WEBKMS_PKCS11_TOKEN'] = 'webkms-test';
    const first = await start();
    const keys = [await makeKey(first.clients), await makeKey(first.clients, {kmsModule: 'pkcs11'})];
    expect(await admin(['hsm', 'reconcile'], {dataDir, environment})).to.equal('Keys in HSMs: 1\n');
    await first.stop();
    const second = await start();
    for (const key of keys) await expectSigns(second.clients, key);
    await second.stop();
    await token.remove();
    expect(await refused()).to.include('There is no token label "webkms-test"');
  });

  it('is added while no server runs, where the key process may reach no token', async () => {
    environment['WEBKMS_ISOLATION'] = 'process';
    environment['WEBKMS_ROOT_WRAPPER'] = `file:${join(dataDir, 'root.key')}`;
    const first = await start();
    const refusal = await adminCommand(['root', 'add', ROOT], {dataDir, environment});
    expect(refusal.status).to.equal(1);
    expect(refusal.err).to.include('while the server is stopped');
    await first.stop();
    await admin(['root', 'add', ROOT], {dataDir, environment});
    // The database alone does not have it reach a token.
    const second = await start();
    expect(await admin(['root', 'list'], {dataDir, environment})).to.match(
      /closed +pkcs11:.*may not be read by this process.*WEBKMS_OTHER_ROOT_WRAPPERS/,
    );
    await second.stop();
    const third = await start({WEBKMS_OTHER_ROOT_WRAPPERS: ROOT});
    expect(await admin(['root', 'list'], {dataDir, environment})).to.match(/open +pkcs11:/);
    await third.stop();
  });

  it('has keys beside it, of which orphans and missing ones are found', async () => {
    environment['WEBKMS_KEY_MODULES'] = 'pkcs11,software';
    environment['WEBKMS_PKCS11_TOKEN'] = 'webkms-test';
    const {clients, stop} = await start();
    const key = await makeKey(clients);
    await makeKey(clients, {kmsModule: 'software'});
    await expectSigns(clients, key);
    const reconciled = await admin(['hsm', 'reconcile'], {dataDir, environment});
    expect(reconciled.trim()).to.equal('Keys in HSMs: 1');
    await stop();
    // A store that knows nothing of the key, over the same token: the key is somebody else's.
    await rename(dataDir, join(dir, 'old'));
    const other = await start();
    const result = JSON.parse(await admin(['hsm', 'reconcile', '--json'], {dataDir, environment})) as {
      readonly unknown: readonly string[];
    };
    expect(result).to.deep.include({held: 1, orphans: [], missing: [], destroyed: 0});
    expect(result.unknown).to.have.length(1);
    await other.stop();
    await rm(dataDir, {recursive: true});
    await rename(join(dir, 'old'), dataDir);
    // Without a server, and without its key.
    await destroyKeys(token);
    const missing = await adminCommand(['hsm', 'reconcile'], {dataDir, environment});
    expect(missing.status, missing.err).to.equal(1);
    expect(missing.out).to.include(`missing ${key.keyId} version 1`);
    const checked = await adminCommand(['check'], {dataDir, environment});
    expect(checked.status).to.equal(1);
    expect(checked.out).to.include(key.keyId.slice(key.keyId.lastIndexOf('/')));
  });
});
