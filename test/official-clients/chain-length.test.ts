import {expect} from 'chai';
import {controller} from '../support/did-key.ts';
import {rootCapabilityId} from '../support/signed-request.ts';
import {expectForbidden} from './refusal.ts';
import {Scene} from './scene.ts';

describe('official webkms-client: maxCapabilityChainLength', () => {
  const [owner, alice, bob] = [
    controller('chain length: owner'),
    controller('chain length: alice'),
    controller('chain length: bob'),
  ];
  const data = Buffer.from('data');
  let scene: Scene;

  before(async () => (scene = await Scene.start()));
  after(async () => scene.stop());

  /** Who of owner, Alice (delegated to by the owner) and Bob (by Alice) signs with such a key; the refused are refused for its sake. */
  async function signers(options: {maxCapabilityChainLength?: number}): Promise<string[]> {
    const {keystoreId, keyId, kms} = await scene.createKey(owner, options);
    const alices = await scene.zcap(owner).delegate({
      capability: rootCapabilityId(keystoreId),
      invocationTarget: keyId,
      controller: alice.did,
    });
    const bobs = await scene.zcap(alice).delegate({capability: alices, controller: bob.did});
    const {maxCapabilityChainLength: max = 10} = options;
    const result: string[] = [];
    for (const [length, name, invocation] of [
      [1, 'owner', {invocationSigner: owner.signer}],
      [2, 'alice', {capability: alices, invocationSigner: alice.signer}],
      [3, 'bob', {capability: bobs, invocationSigner: bob.signer}],
    ] as const) {
      const attempts = [
        async () => kms.sign({keyId, data, ...invocation}),
        async () =>
          kms.getKeyDescription({capability: rootCapabilityId(keyId), ...invocation, useCache: false}),
      ];
      if (length <= max) {
        for (const attempt of attempts) await attempt();
        result.push(name);
        continue;
      }
      for (const attempt of attempts) {
        await expectForbidden(
          attempt(),
          `Maximum zcap invocation capability chain length (${max}) exceeded.`,
        );
      }
    }
    return result;
  }

  it('R26 1: the controllers only', async () => {
    expect(await signers({maxCapabilityChainLength: 1})).to.deep.equal(['owner']);
  });

  it('R26 2: and whom they delegate to', async () => {
    expect(await signers({maxCapabilityChainLength: 2})).to.deep.equal(['owner', 'alice']);
  });

  it('R26 none given: as long as any chain may be', async () => {
    expect(await signers({})).to.deep.equal(['owner', 'alice', 'bob']);
  });
});
