import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect} from 'chai';
import {AdminError} from '../../../lib/admin/admin-operation.ts';
import {rejection} from '../../key-modules/fixtures.ts';
import {KeyProcessScene} from './scene.ts';

describe('key process: operators’ commands that an HTTP process makes up', () => {
  let scene: KeyProcessScene;

  beforeEach(async () => {
    scene = await KeyProcessScene.create();
    await scene.open();
  });
  afterEach(() => scene.close());

  const refusal = async (name: string, parameters: object): Promise<string> => {
    const error: unknown = await rejection(scene.keys.admin(name, parameters, 1));
    if (!(error instanceof AdminError)) throw error;
    return error.message;
  };

  it('are done where they hand nothing over', async () => {
    expect(await scene.keys.admin('status', {}, 1)).to.have.property('sealed', false);
    expect(await scene.keys.admin('root.list', {}, 1)).to.be.an('object');
  });

  it('add no root of trust that it knows: that would open all keys', async () => {
    const passphrase = 'known to who has taken the HTTP process';
    for (const parameters of [{uri: 'passphrase:prompt', passphrase}, {uri: 'shamir:2-of-3'}])
      expect(await refusal('root.add', parameters)).to.contain('while the server is stopped');
    expect(await scene.stores.keyHierarchy.listRootWrappers()).to.have.length(1);
  });

  it('destroy nothing in tokens by rows that it leaves out', async () => {
    expect(await refusal('hsm.reconcile', {destroy: 'x'})).to.contain('while the server is stopped');
    expect(await refusal('hsm.reconcile', {})).to.contain('keeps keys of its own');
  });

  it('read no file, and write none', async () => {
    const {keystores, keys} = scene;
    await scene.makeKeystore('z1');
    expect(await keystores.find('https://localhost:9443/kms/keystores/z1')).to.be.an('object');
    expect(await refusal('backup', {path: join(tmpdir(), 'webkms-no-backup')})).to.contain(
      'no such operation',
    );
    // It asks what is in the anchor of who has asked it to look there.
    scene.anchor = ['{}'];
    const secret = '/proc/self/environ';
    expect(await keys.admin('check', {anchor: secret}, 1)).to.deep.equal({errors: 1, notes: 0});
    expect(scene.asked).to.include('anchorLines');
  });

  it('take the same anchor from it as from a file', async () => {
    const {keys} = scene;
    await scene.makeKeystore('z1');
    await keys.admin('anchor', {}, 1);
    scene.anchor = [...scene.written];
    expect(scene.anchor).to.have.length.greaterThan(3);
    expect(await keys.admin('check', {anchor: '/anchor'}, 2)).to.deep.equal({errors: 0, notes: 0});
    scene.anchor = scene.anchor.with(1, '{}');
    expect(await keys.admin('check', {anchor: '/anchor'}, 3)).to.deep.equal({errors: 1, notes: 0});
  });
});
