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
});
