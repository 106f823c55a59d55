import {expect} from 'chai';
import {controller} from '../../support/did-key.ts';
import {delegateChain} from '../../support/delegate.ts';
import {rootCapabilityId} from '../../support/signed-request.ts';
import type {LogLine} from '../../hostile/support/log-capture.ts';
import {useKeyScene} from './key-scene.ts';

describe('the log tells who did what with a key, and by whose authority', () => {
  const scene = useKeyScene();
  const [bob, carol] = [controller('bob'), controller('carol')];

  /** What the one line that `work` makes says of it. */
  async function told(work: () => Promise<unknown>): Promise<LogLine> {
    const {log} = scene().scene;
    log.clear();
    await work();
    const lines = log.text.split('\n').filter((line) => line.includes('"msg":"request"'));
    expect(lines).to.have.length(1);
    const {invoker, action, capability, authority, status} = JSON.parse(lines[0] ?? '') as LogLine;
    return {invoker, action, capability, authority, status} as LogLine;
  }

  it('of controllers and of delegates, of what is done and of what is refused', async () => {
    const {owner} = scene();
    const key = await scene().generate('Sha256HmacKey2019');
    const sign = {verifyData: 'AAAA'};
    const by = {invoker: owner.did, capability: undefined, authority: undefined};
    expect(await told(() => scene().post(key, 'SignOperation', sign))).to.deep.equal({
      ...{...by, action: 'sign', status: 200},
    });
    expect(await told(() => scene().post(key, 'ExportKeyOperation', {plaintext: true}))).to.deep.equal({
      ...{...by, action: 'exportKey', status: 403},
    });
    const batch = {operation: 'SignOperation', items: [sign]};
    expect(await told(() => scene().post(key, 'BatchOperation', batch))).to.include({action: 'sign'});
    expect(await told(() => scene().get(key))).to.include({action: 'read'});

    const links = await delegateChain({
      root: rootCapabilityId(scene().keystore),
      holders: [owner, bob, carol],
      invocationTarget: key,
      allowedAction: ['sign'],
    });
    const capability = links.at(-1)!;
    const asCarol = {signer: carol, capability};
    expect(await told(() => scene().post(key, 'SignOperation', sign, asCarol))).to.deep.equal({
      ...{invoker: carol.did, action: 'sign', status: 200},
      ...{capability: capability.id, authority: owner.did},
    });
    // What was not allowed was by nobody's authority.
    const asBob = {signer: bob, capability};
    expect(await told(() => scene().post(key, 'SignOperation', sign, asBob))).to.deep.equal({
      ...{invoker: bob.did, action: 'sign', status: 403, capability: undefined, authority: undefined},
    });
  });
});
