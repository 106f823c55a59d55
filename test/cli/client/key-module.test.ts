import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {expect} from 'chai';
import {runServerProcess, type TestServer} from '../../support/run-server.ts';
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
    expect(err).to.contain("not one that the keystore's key module supports");
  });

  it('that there is not is refused, and no profile is made', async () => {
    await using person = await Person.create();
    const {code, err} = await person.run(['init', ...remote, '--key-module', 'hsm']);
    expect(code).to.equal(2);
    expect(err).to.contain('"kmsModule" is not one that this server offers');
    for (const args of [
      ['--local', '--key-module', 'memory'],
      [...remote, '--key-module', 'memory', '--keystore', `${server.baseUrl}/kms/keystores/z1A`],
    ]) {
      expect(await person.run(['init', ...args]), args.join(' ')).to.include({code: 2, out: ''});
    }
    await person.ok('init', ...remote, '--key-module', 'memory');
  });
});
