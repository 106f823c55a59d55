import {fileURLToPath} from 'node:url';
import {expect} from 'chai';
import {describeKeyModule} from '../../lib/key-module-suite/describe-key-module.ts';
import {createKeyModuleSealer} from '../../lib/key-modules/key-module-sealer.ts';
import {staleRows} from '../demonstrations/key-versions.ts';
import {admin} from '../support/admin-command.ts';
import {MemoryWrappers} from './memory-wrappers.ts';
import {ModuleScene} from './module-scene.ts';
import {SealingKeyModule, sealingKeyModules} from './sealing-key-module.ts';

const HERE = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const VERIFY_DATA = Buffer.from('data').toString('base64url');

describeKeyModule({
  name: 'of somebody else, that seals under the server’s keys',
  create: async () => new SealingKeyModule('sealing', createKeyModuleSealer('sealing', new MemoryWrappers())),
  types: ['Sha256HmacKey2019'],
});

describe('keys of modules of others', function () {
  this.timeout(60_000);
  let scene: ModuleScene;
  before(async () => {
    scene = await ModuleScene.start({
      WEBKMS_KEY_MODULES: `sealing=${HERE('sealing-key-module.ts')},hsm=${HERE('kept-key-module.ts')}`,
    });
  });
  after(() => scene.stop());

  it('are sealed anew when the server’s keys are rotated; what an HSM keeps only gets another MAC', async () => {
    const keystores = [await scene.createKeystore({}), await scene.createKeystore()];
    const keys = await Promise.all(
      keystores.map((keystore) => scene.generateKey(keystore, 'Sha256HmacKey2019')),
    );
    const signed = await Promise.all(
      keys.map(async (key) => {
        await scene.run(key, 'RotateKeyOperation');
        const {signatureValue} = await scene.run(key, 'SignOperation', {verifyData: VERIFY_DATA});
        return {key, signatureValue};
      }),
    );
    expect(await scene.metadata(keys[0]!)).to.include({kmsModule: 'sealing'});
    const {dataDir} = scene.server;
    await admin(['rotate', '--all', '--rewrap', '--prune'], {dataDir});
    expect(staleRows(dataDir)).to.equal(0);
    for (const {key, signatureValue} of signed) {
      const verifying = {verifyData: VERIFY_DATA, signatureValue};
      expect(await scene.run(key, 'VerifyOperation', verifying)).to.include({verified: true});
    }
    expect(await admin(['check'], {dataDir})).to.not.match(/error/);
  });

  it('are forgotten when the server is sealed', async () => {
    const module = sealingKeyModules.at(-1)!;
    expect(module.forgotten).to.equal(0);
    await admin(['seal'], {dataDir: scene.server.dataDir});
    expect(module.forgotten).to.equal(1);
  });
});
