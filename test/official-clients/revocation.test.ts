import {setTimeout as sleep} from 'node:timers/promises';
import type {CapabilityDocument} from '@digitalbazaar/webkms-client';
import {expect} from 'chai';
import {delegate} from '../support/delegate.ts';
import {controller, type Controller} from '../support/did-key.ts';
import {rootCapabilityId} from '../support/signed-request.ts';
import type {CreatedKey} from './official-clients.ts';
import {expectForbidden} from './refusal.ts';
import {Scene} from './scene.ts';

const REVOKED = 'A capability in the delegation chain has been revoked.';
const NOT_CONTROLLER = 'capability controller does not match';

/** A key, and the capabilities of a chain that ends at Carol; the owner delegates to Alice, she to Bob, he to Carol. */
interface Delegated extends CreatedKey {
  readonly alices: CapabilityDocument;
  readonly bobs: CapabilityDocument;
  readonly carols: CapabilityDocument;
}

describe('official clients: revocation', () => {
  const [owner, alice, bob, carol, stranger] = [
    controller('revocation: owner'),
    controller('revocation: alice'),
    controller('revocation: bob'),
    controller('revocation: carol'),
    controller('revocation: stranger'),
  ];
  const data = Buffer.from('data');
  let scene: Scene;

  before(async () => (scene = await Scene.start()));
  after(async () => scene.stop());

  async function delegateThrice(): Promise<Delegated> {
    const key = await scene.createKey(owner);
    const alices = await scene.zcap(owner).delegate({
      capability: rootCapabilityId(key.keystoreId),
      invocationTarget: key.keyId,
      controller: alice.did,
    });
    const bobs = await scene.zcap(alice).delegate({capability: alices, controller: bob.did});
    const carols = await scene.zcap(bob).delegate({capability: bobs, controller: carol.did});
    return {...key, alices, bobs, carols};
  }

  const sign = async (capability: CapabilityDocument, {signer}: Controller) =>
    scene.kms().sign({
      keyId: capability.invocationTarget,
      data,
      capability,
      invocationSigner: signer,
    });
  const revoke = async (capabilityToRevoke: CapabilityDocument, {signer}: Controller) =>
    scene.kms().revokeCapability({capabilityToRevoke, invocationSigner: signer});

  /** Who of Alice, Bob and Carol still signs; the others are refused because of a revocation. */
  async function stillSigning({alices, bobs, carols}: Delegated): Promise<string[]> {
    const signing: string[] = [];
    for (const [name, capability, party] of [
      ['alice', alices, alice],
      ['bob', bobs, bob],
      ['carol', carols, carol],
    ] as const) {
      const signature = await sign(capability, party).catch(() => undefined);
      if (signature) signing.push(name);
      else await expectForbidden(sign(capability, party), REVOKED);
    }
    return signing;
  }

  const TABLE = [
    ['the first link: all that came of it is refused', 'alices', []],
    ['the middle: what is above lives on', 'bobs', ['alice']],
    ['the leaf: only that', 'carols', ['alice', 'bob']],
  ] as const;
  for (const [title, which, expected] of TABLE) {
    it(`R41 of ${title}`, async () => {
      const delegated = await delegateThrice();
      expect(await stillSigning(delegated)).to.deep.equal(['alice', 'bob', 'carol']);
      await revoke(delegated[which], owner);
      expect(await stillSigning(delegated)).to.deep.equal(expected);
    });
  }

  it("R40 by the keystore's controller, the delegator, the delegate, and nobody else", async () => {
    for (const [revoker, may] of [
      [owner, true],
      [alice, true],
      [bob, true],
      [carol, false],
      [stranger, false],
    ] as const) {
      const delegated = await delegateThrice();
      if (may) await revoke(delegated.bobs, revoker);
      else await expectForbidden(revoke(delegated.bobs, revoker), NOT_CONTROLLER);
      expect(await stillSigning(delegated)).to.deep.equal(may ? ['alice'] : ['alice', 'bob', 'carol']);
    }
  });

  it("R40 by the keystore's controller with a client for the keystore", async () => {
    const delegated = await delegateThrice();
    await delegated.kms.revokeCapability({
      capabilityToRevoke: delegated.alices,
      invocationSigner: owner.signer,
    });
    expect(await stillSigning(delegated)).to.deep.equal([]);
  });

  it('R40 by whom the right to revoke was delegated to', async () => {
    const delegated = await delegateThrice();
    const {keystoreId, bobs} = delegated;
    const url = `${keystoreId}/zcaps/revocations/${encodeURIComponent(bobs.id)}`;
    const delegateRevocation = async (allowedActions: string) =>
      scene.zcap(owner).delegate({
        capability: rootCapabilityId(keystoreId),
        invocationTarget: url,
        controller: stranger.did,
        allowedActions,
      });
    const revokeBy = async (capability: CapabilityDocument) =>
      scene.kms().revokeCapability({
        capabilityToRevoke: bobs,
        capability,
        invocationSigner: stranger.signer,
      });
    await expectForbidden(revokeBy(await delegateRevocation('read')), 'is not allowed by the capability');
    expect(await stillSigning(delegated)).to.deep.equal(['alice', 'bob', 'carol']);
    await revokeBy(await delegateRevocation('write'));
    expect(await stillSigning(delegated)).to.deep.equal(['alice']);
  });

  it("R40 by the keystore's controller by the keystore's root", async () => {
    const delegated = await delegateThrice();
    const {keystoreId, bobs} = delegated;
    const {status} = await scene.zcap(owner).write({
      url: `${keystoreId}/zcaps/revocations/${encodeURIComponent(bobs.id)}`,
      capability: rootCapabilityId(keystoreId),
      json: bobs,
    });
    expect(status).to.equal(204);
    expect(await stillSigning(delegated)).to.deep.equal(['alice']);
  });

  it('R44 by one of several delegates', async () => {
    const {keystoreId, keyId} = await scene.createKey(owner);
    const shared = await delegate({
      parent: rootCapabilityId(keystoreId),
      delegator: owner,
      controller: [alice.did, bob.did],
      invocationTarget: keyId,
    });
    for (const party of [alice, bob]) expect(await sign(shared, party)).to.have.length(64);
    await revoke(shared, bob);
    for (const party of [alice, bob]) await expectForbidden(sign(shared, party), REVOKED);
  });

  it('R41 of the right to revoke: it is gone', async () => {
    const delegated = await delegateThrice();
    await revoke(delegated.alices, owner);
    await expectForbidden(revoke(delegated.bobs, alice), REVOKED);
  });

  it('R46 once: a second time is refused', async () => {
    const {bobs} = await delegateThrice();
    await revoke(bobs, alice);
    await expectForbidden(revoke(bobs, owner), REVOKED);
    // In the same second it would be the same request, to the byte.
    await sleep(1000);
    await expectForbidden(revoke(bobs, alice), REVOKED);
  });

  it('R42 touches no other capability of the same parties', async () => {
    const delegated = await delegateThrice();
    const again = await scene.zcap(alice).delegate({capability: delegated.alices, controller: bob.did});
    await revoke(delegated.bobs, alice);
    expect(await sign(again, bob)).to.have.length(64);
  });

  it("R41 holds on every route, and is listed for the keystore's controller", async () => {
    const {keystoreId, keyId, alices} = await delegateThrice();
    const root = rootCapabilityId(keystoreId);
    const whole = await scene.zcap(owner).delegate({
      capability: root,
      invocationTarget: keystoreId,
      controller: alice.did,
    });
    const zcap = scene.zcap(alice);
    const config = (await zcap.read({capability: whole})).data as {sequence: number};
    const post = async (url: string, action: string, json: unknown) =>
      zcap.request({url, capability: whole, method: 'post', action, json});
    const verifyData = data.toString('base64url');
    const attempts = [
      async () => zcap.read({capability: whole}),
      async () => zcap.read({url: `${keystoreId}/keys`, capability: whole}),
      async () => zcap.read({url: keyId, capability: whole}),
      async () => zcap.read({url: `${keystoreId}/zcaps/revocations`, capability: whole}),
      async () => post(keyId, 'sign', {type: 'SignOperation', invocationTarget: keyId, verifyData}),
      async () =>
        post(`${keystoreId}/keys`, 'generateKey', {
          type: 'GenerateKeyOperation',
          invocationTarget: {type: 'Sha256HmacKey2019'},
        }),
    ];
    for (const attempt of attempts) expect((await attempt()).status).to.equal(200);

    await scene.kms(keystoreId).revokeCapability({capabilityToRevoke: whole, invocationSigner: owner.signer});
    await revoke(alices, alice);
    for (const attempt of attempts) await expectForbidden(attempt(), REVOKED);
    const update = post(keystoreId, 'write', {...config, sequence: config.sequence + 1});
    await expectForbidden(update, REVOKED);

    const {data: list} = await scene
      .zcap(owner)
      .read({url: `${keystoreId}/zcaps/revocations`, capability: root});
    const {results} = list as {results: {id: string; delegator: string; revoker: string}[]};
    expect(results.map(({id, delegator, revoker}) => ({id, delegator, revoker}))).to.deep.equal([
      {id: whole.id, delegator: owner.did, revoker: owner.did},
      {id: alices.id, delegator: owner.did, revoker: alice.did},
    ]);
  });
});
