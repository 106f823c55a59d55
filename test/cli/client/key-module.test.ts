import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {expect} from 'chai';
import {runServerProcess, type TestServer} from '../../support/run-server.ts';
import {SoftHsmToken} from '../../support/softhsm-token.ts';
import {Person} from './webkms-command.ts';

const EXAMPLE = fileURLToPath(new URL('../../../examples/memory-key-module.ts', import.meta.url));

describe('webkms and a key module of the server', function () {
  this.timeout(60_000);
  let server: TestServer;
  let remote: readonly string[];
  before(async () => {
    server = await runServerProcess({environment: {WEBKMS_KEY_MODULES: `software,memory=${EXAMPLE}`}});
    remote = ['--server', server.baseUrl, '--ca', join(server.dataDir, 'tls.crt')];
  });
  after(() => server.stop());

  it('keeps the keys of a keystore that asks for it, and says so', async () => {
    await using person = await Person.create();
    await person.ok('init', ...remote, '--key-module', 'memory');
    await person.ok('create', 'login', '--type', 'ed25519');
    const signature = (await person.ok('sign', 'login', 'text')).trim();
    expect(await person.ok('verify', 'login', 'text', signature)).to.contain('valid');
    const info = JSON.parse(await person.ok('info', 'login')) as Record<string, unknown>;
    expect(info).to.include({kms_module: 'memory', extractable: false});
    expect(info).to.deep.include({operations: ['sign', 'verify'], algorithms: ['EdDSA']});
    const {code, out, err} = await person.run(['create', 'other', '--type', 'rsa2048']);
    expect({code, out}).to.deep.equal({code: 4, out: ''});
    expect(err).to.match(/not one that the keystore's key module supports. It has: (?:[a-z0-9-]+, )*ed25519/);
  });

  it('that there is not is refused, and no profile is made', async () => {
    await using person = await Person.create();
    const {code, err} = await person.run(['init', ...remote, '--key-module', 'hsm']);
    expect(code).to.equal(2);
    expect(err).to.contain('"kmsModule" is not one that this server offers');
    for (const args of [
      ['--local', '--key-module', 'memory'],
      ['--local', '--key-module', 'memory', '--ca', join(server.dataDir, 'tls.crt')],
      [...remote, '--config', 'webkms.env'],
      [...remote, '--key-module', 'memory', '--keystore', `${server.baseUrl}/kms/keystores/z1A`],
    ]) {
      expect(await person.run(['init', ...args]), args.join(' ')).to.include({code: 2, out: ''});
    }
    await person.ok('init', ...remote, '--key-module', 'memory');
  });

  it('keeps the keys of a local profile, where its settings offer it', async () => {
    await using person = await Person.create();
    await writeFile(person.path('kms.env'), `WEBKMS_KEY_MODULES=software,memory=${EXAMPLE}\n`);
    const local = ['--local', '--config', 'kms.env'];
    const none = await person.run(['init', ...local, '--key-module', 'hsm']);
    expect(none).to.include({code: 2, out: ''});
    expect(none.err).to.contain('"kmsModule" is not one that this server offers');
    await person.ok('init', ...local, '--key-module', 'memory');
    await person.ok('create', 'login', '--type', 'ed25519');
    const rsa = await person.run(['create', 'other', '--type', 'rsa2048']);
    expect(rsa.err).to.contain("not one that the keystore's key module supports");

    await person.ok('init', ...local, '--profile', 'second');
    await person.ok('create', 'login', '--type', 'rsa2048', '--profile', 'second');
    const info = JSON.parse(await person.ok('info', 'login', '--profile', 'second')) as object;
    expect(info).to.include({kms_module: 'software'});
    // Without the settings it was made with, the module is not there.
    await writeFile(person.path('kms.env'), 'WEBKMS_KEY_MODULES=software\n');
    const gone = await person.run(['create', 'more', '--type', 'ed25519']);
    expect(gone.code).to.not.equal(0);
    expect(gone.err).to.contain("keystore's key module is not offered");
  });

  it('that is a token keeps the keys of a local profile from one command to the next', async function () {
    const token = await SoftHsmToken.create(this);
    await using person = await Person.create();
    try {
      const settings = {...token.settings, WEBKMS_KEY_MODULES: 'software,pkcs11'};
      const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
      await writeFile(person.path('kms.env'), lines.join(''));
      const environment = {SOFTHSM2_CONF: token.configuration};
      const run = async (...args: string[]): Promise<string> => {
        const {code, out, err} = await person.run(args, {environment});
        expect(code, err).to.equal(0);
        return out;
      };
      await run('init', '--local', '--config', 'kms.env', '--key-module', 'pkcs11');
      await run('create', 'login', '--type', 'ed25519');
      const signature = (await run('sign', 'login', 'text')).trim();
      expect(await run('verify', 'login', 'text', signature)).to.contain('valid');
      expect(JSON.parse(await run('info', 'login'))).to.include({kms_module: 'pkcs11', extractable: false});
    } finally {
      await token.delete();
    }
  });
});
