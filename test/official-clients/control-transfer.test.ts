import {randomBytes} from 'node:crypto';
import type {CapabilityDocument} from '@digitalbazaar/webkms-client';
import {expect} from 'chai';
import {controller, type Controller} from '../support/did-key.ts';
import {rootCapabilityId} from '../support/signed-request.ts';
import {verifiesIndependently} from './independent-keys.ts';
import type {CreatedKey} from './official-clients.ts';
import {expectForbidden, refusal} from './refusal.ts';
import {Scene} from './scene.ts';

const NOT_CONTROLLER = 'capability controller does not match';
const KEY_TYPE = 'Ed25519VerificationKey2020';

describe('official clients: transfer of control', () => {
  const [seller, buyer, employee] = [
    controller('transfer: seller'),
    controller('transfer: buyer'),
    controller('transfer: employee'),
  ];
  const data = randomBytes(32);
  let scene: Scene;

  before(async () => (scene = await Scene.start()));
  after(async () => scene.stop());

  const sign = async ({kms, keyId}: CreatedKey, {signer}: Controller) =>
    kms.sign({keyId, data, invocationSigner: signer});
  const describeKey = async ({kms, keyId}: CreatedKey, {signer}: Controller) =>
    kms.getKeyDescription({
      capability: rootCapabilityId(keyId),
      invocationSigner: signer,
      useCache: false,
    });

  /** Every route of a keystore, as its controller uses it. */
  function everyRoute(
    {keystoreId, keyId, kms}: CreatedKey,
    by: Controller,
  ): Record<string, () => Promise<unknown>> {
    const root = rootCapabilityId(keystoreId);
    const {signer: invocationSigner} = by;
    const zcap = scene.zcap(by);
    return {
      'read the keystore': async () => kms.getKeystore({invocationSigner}),
      'list the keys': async () => zcap.read({url: `${keystoreId}/keys`, capability: root}),
      'list the revocations': async () =>
        zcap.read({url: `${keystoreId}/zcaps/revocations`, capability: root}),
      'generate a key': async () => kms.generateKey({type: KEY_TYPE, invocationSigner}),
      'read a key': async () => zcap.read({url: keyId, capability: root}),
      "read a key by the key's root": async () => describeKey({keystoreId, keyId, kms}, by),
      sign: async () => kms.sign({keyId, data, invocationSigner}),
      verify: async () => kms.verify({keyId, data, signature: Buffer.alloc(64), invocationSigner}),
      revoke: async () => {
        const capabilityToRevoke = await zcap.delegate({
          capability: root,
          invocationTarget: keyId,
          controller: employee.did,
        });
        await kms.revokeCapability({capabilityToRevoke, invocationSigner});
      },
      'update the keystore': async () => {
        const reader = by === seller ? buyer : by;
        const config = await kms.getKeystore({invocationSigner: reader.signer});
        await kms.updateKeystore({config: {...config, sequence: config.sequence + 1}, invocationSigner});
      },
      'delete the keystore': async () =>
        zcap.request({url: keystoreId, capability: root, method: 'delete', action: 'write'}),
    };
  }

  async function transfer({keystoreId, kms}: CreatedKey): Promise<void> {
    const config = await kms.getKeystore({invocationSigner: seller.signer});
    const next = {...config, sequence: config.sequence + 1, controller: buyer.did};
    expect(await kms.updateKeystore({config: next, invocationSigner: seller.signer})).to.deep.equal({
      config: {...next, id: keystoreId},
    });
  }

  it('the key stays the same key, and its description names the new controller', async () => {
    const key = await scene.createKey(seller);
    const before = await describeKey(key, seller);
    expect(before.controller).to.equal(seller.did);
    const signature = await sign(key, seller);
    await expectForbidden(sign(key, buyer), NOT_CONTROLLER);
    await transfer(key);

    const after = await describeKey(key, buyer);
    expect(after).to.deep.equal({...before, controller: buyer.did});
    expect(await sign(key, buyer)).to.deep.equal(signature);
    expect(await verifiesIndependently(KEY_TYPE, {description: before, data, signature})).to.equal(true);
  });

  it('R24 the old controller is refused on every route, the new one on none', async () => {
    const key = await scene.createKey(seller);
    await transfer(key);
    for (const [route, attempt] of Object.entries(everyRoute(key, seller))) {
      await expectForbidden(attempt(), NOT_CONTROLLER).catch((cause: unknown) => {
        throw new Error(`The old controller could still ${route}.`, {cause});
      });
    }
    const {'delete the keystore': remove, ...routes} = everyRoute(key, buyer);
    for (const attempt of Object.values(routes)) await attempt();
    expect((await refusal(remove!())).status).to.equal(409);
  });

  it('R29 what the old controller delegated is worth nothing, what the new one delegates is', async () => {
    const key = await scene.createKey(seller);
    const delegateBy = async (by: Controller): Promise<CapabilityDocument> =>
      scene.zcap(by).delegate({
        capability: rootCapabilityId(key.keystoreId),
        invocationTarget: key.keyId,
        controller: employee.did,
        allowedActions: 'sign',
      });
    const signWith = async (capability: CapabilityDocument) =>
      scene.kms().sign({keyId: key.keyId, data, capability, invocationSigner: employee.signer});
    const [sellers, buyers] = [await delegateBy(seller), await delegateBy(buyer)];
    const signature = await signWith(sellers);
    await expectForbidden(signWith(buyers), NOT_CONTROLLER);

    await transfer(key);
    await expectForbidden(signWith(sellers), NOT_CONTROLLER);
    expect(await signWith(buyers)).to.deep.equal(signature);
  });

  it("the keystore changes from one's listing to the other's", async () => {
    const key = await scene.createKey(seller);
    const listedFor = async (by: Controller): Promise<boolean> => {
      const url = `${scene.keystoresUrl}?controller=${encodeURIComponent(by.did)}&limit=1000`;
      const {data: page} = await scene.zcap(by).read({url, capability: rootCapabilityId(scene.keystoresUrl)});
      return (page as {results: {id: string}[]}).results.some(({id}) => id === key.keystoreId);
    };
    expect([await listedFor(seller), await listedFor(buyer)]).to.deep.equal([true, false]);
    await transfer(key);
    expect([await listedFor(seller), await listedFor(buyer)]).to.deep.equal([false, true]);
  });
});
