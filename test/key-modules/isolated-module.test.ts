import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect} from 'chai';
import {OfficialClients} from '../official-clients/official-clients.ts';
import {admin} from '../support/admin-command.ts';
import {controller} from '../support/did-key.ts';
import {runServerProcess} from '../support/run-server.ts';

const at = (path: string): URL => new URL(`../../${path}`, import.meta.url);

describe('a key module of somebody else, in the key process', function () {
  this.timeout(60_000);
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'webkms-key-module-'));
  });
  after(() => rm(directory, {recursive: true, force: true}));

  it('makes and uses keys, from wherever it lies', async () => {
    const text = await readFile(at('examples/memory-key-module.ts'), 'utf8');
    const path = join(directory, 'memory-key-module.ts');
    await writeFile(path, text.replace('../lib/key-module-api.ts', at('lib/key-module-api.ts').href));
    const server = await runServerProcess({
      environment: {WEBKMS_ISOLATION: 'process', WEBKMS_KEY_MODULES: `memory=${path},software`},
    });
    try {
      const clients = new OfficialClients({url: server.baseUrl, httpsAgent: server.agent});
      const owner = controller('owner of isolated modules');
      const keystore = await clients.createKeystore(owner);
      expect(keystore).to.include({kmsModule: 'memory'});
      const kms = clients.kms(keystore.id);
      const invocationSigner = owner.signer;
      const {keyId} = await kms.generateKey({type: 'Sha256HmacKey2019', invocationSigner});
      const data = Buffer.from('data');
      const signature = await kms.sign({keyId, data, invocationSigner});
      expect(await kms.verify({keyId, data, signature, invocationSigner})).to.equal(true);
      const refused = await kms
        .generateKey({type: 'urn:webkms:multikey:P-256', invocationSigner})
        .catch((error: unknown) => error as {readonly data: unknown});
      const status = await admin(['status'], {dataDir: server.dataDir});
      expect(status).to.include('\n  memory: 3 key types\n  software, ssm-v1: 25 key types\n');
      expect(refused).to.have.nested.property('data.details.supported').with.length(3);
    } finally {
      await server.stop();
    }
  });
});
