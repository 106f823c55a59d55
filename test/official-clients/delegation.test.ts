import type {CapabilityDocument, KmsClient} from '@digitalbazaar/webkms-client';
import {expect} from 'chai';
import {draftCapability, signCapability, type Capability, type DelegateOptions} from '../support/delegate.ts';
import {controller, type Controller} from '../support/did-key.ts';
import {rootCapabilityId} from '../support/signed-request.ts';
import {expectForbidden} from './refusal.ts';
import {Scene} from './scene.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const LESS_RESTRICTIVE = 'must not be less restrictive than its parent.';

describe('official ezcap client: delegation', () => {
  const [owner, alice, bob, carol] = [
    controller('delegation: owner'),
    controller('delegation: alice'),
    controller('delegation: bob'),
    controller('delegation: carol'),
  ];
  const data = Buffer.from('data');
  let scene: Scene;
  let keystoreId: string;
  let root: string;
  let keyId: string;
  let otherKeyId: string;

  before(async () => {
    scene = await Scene.start();
    ({id: keystoreId} = await scene.createKeystore(owner));
    root = rootCapabilityId(keystoreId);
    const generate = {type: 'Ed25519VerificationKey2020', invocationSigner: owner.signer};
    ({keyId} = await scene.kms(keystoreId).generateKey(generate));
    ({keyId: otherKeyId} = await scene.kms(keystoreId).generateKey(generate));
  });
  after(async () => scene.stop());

  /** Signs with `target`, a key at or beneath the capability's target. */
  const sign = async (capability: CapabilityDocument, by: Controller, target = keyId) => {
    const json = {type: 'SignOperation', invocationTarget: target, verifyData: data.toString('base64url')};
    const zcap = scene.zcap(by);
    return (await zcap.request({url: target, capability, method: 'post', action: 'sign', json})).data;
  };
  /** Expects what the owner's own signing gives: Ed25519 is deterministic. */
  const expectSigns = async (capability: CapabilityDocument, by: Controller, target = keyId) => {
    const {signer: invocationSigner} = owner;
    const signature = await scene.kms(keystoreId).sign({keyId: target, data, invocationSigner});
    expect(await sign(capability, by, target)).to.deep.equal({
      signatureValue: Buffer.from(signature).toString('base64url'),
    });
  };
  const verifyWith = async (kms: KmsClient, capability: CapabilityDocument, {signer}: Controller) =>
    kms.verify({
      keyId: capability.invocationTarget,
      data,
      signature: Buffer.alloc(64),
      capability,
      invocationSigner: signer,
    });

  it('R36 of an action: others are refused', async () => {
    const capability = await scene.zcap(owner).delegate({
      capability: root,
      controller: alice.did,
      invocationTarget: keyId,
      allowedActions: 'sign',
    });
    await expectSigns(capability, alice);
    const refused = 'Capability action "verify" is not allowed by the capability.';
    await expectForbidden(verifyWith(scene.kms(), capability, alice), refused);
    await expectForbidden(sign(capability, bob), 'capability controller does not match');
  });

  it('R31 of a target: what is beneath is covered, what is beside is not', async () => {
    const delegate = async (invocationTarget: string) =>
      scene.zcap(owner).delegate({capability: root, controller: alice.did, invocationTarget});
    const all = await delegate(`${keystoreId}/keys`);
    await expectSigns(all, alice);
    await expectSigns(all, alice, otherKeyId);
    await expectSigns(await delegate(keyId), alice);
    // The client itself refuses to invoke one key's capability at another; who forges the target is refused here.
    const forged = {...(await delegate(keyId)), invocationTarget: otherKeyId};
    await expectForbidden(sign(forged, alice, otherKeyId), 'could not be verified');
  });

  it('of the right to make keys: three links deep, each narrower', async () => {
    const alices = await scene.zcap(owner).delegate({
      capability: root,
      controller: alice.did,
      invocationTarget: `${keystoreId}/keys`,
      allowedActions: ['generateKey', 'sign', 'verify', 'read'],
      expires: new Date(Date.now() + HOUR_MS),
    });
    const {keyId: newKeyId, keyDescription} = await scene.kms().generateKey({
      type: 'urn:webkms:multikey:Ed25519',
      capability: alices,
      invocationSigner: alice.signer,
    });
    expect(keyDescription.controller).to.equal(owner.did);

    const bobs = await scene.zcap(alice).delegate({
      capability: alices,
      controller: bob.did,
      invocationTarget: newKeyId,
      allowedActions: ['sign', 'verify'],
      expires: new Date(Date.now() + 30 * MINUTE_MS),
    });
    const carols = await scene.zcap(bob).delegate({
      capability: bobs,
      controller: carol.did,
      allowedActions: 'sign',
      expires: new Date(Date.now() + 10 * MINUTE_MS),
    });
    await expectSigns(alices, alice, newKeyId);
    await expectSigns(bobs, bob, newKeyId);
    await expectSigns(carols, carol, newKeyId);

    expect((await scene.zcap(carol).read({capability: carols})).data).to.deep.equal(keyDescription);
    expect(await verifyWith(scene.kms(), bobs, bob)).to.equal(false);
    await expectForbidden(verifyWith(scene.kms(), carols, carol), 'is not allowed by the capability');
  });

  it('of the keystore: read, and write', async () => {
    const config = await scene.createKeystore(owner);
    const delegate = async (allowedActions: string) =>
      scene.zcap(owner).delegate({
        capability: rootCapabilityId(config.id),
        invocationTarget: config.id,
        controller: alice.did,
        allowedActions,
      });
    const [reading, writing] = [await delegate('read'), await delegate('write')];
    const zcap = scene.zcap(alice);
    expect((await zcap.read({capability: reading})).data).to.deep.equal(config);
    const next = {...config, sequence: 1, ipAllowList: ['127.0.0.1/32', '::1/128']};
    await expectForbidden(zcap.write({capability: reading, json: next}), 'is not allowed by the capability');
    expect((await zcap.write({capability: writing, json: next})).data).to.deep.equal({config: next});
    await expectForbidden(zcap.read({capability: writing}), 'is not allowed by the capability');
    const last = {...next, sequence: 2};
    expect(
      await scene.kms().updateKeystore({capability: writing, config: last, invocationSigner: alice.signer}),
    ).to.deep.equal({config: last});
    expect(
      await scene.kms().getKeystore({capability: reading, invocationSigner: alice.signer}),
    ).to.deep.equal(last);
  });

  it('R34 until it expires, and five minutes for clocks that differ', async () => {
    const delegate = async (expiredMinutesAgo: number): Promise<Capability> =>
      signCapability(
        draftCapability({
          parent: root,
          delegator: owner,
          controller: alice,
          invocationTarget: keyId,
          created: new Date(Date.now() - HOUR_MS),
          expires: new Date(Date.now() - expiredMinutesAgo * MINUTE_MS),
        }),
      );
    await expectSigns(await delegate(4), alice);
    await expectForbidden(sign(await delegate(6), alice), 'The invoked capability has expired.');
  });

  it('R30, R31, R33 a child that is wider than its parent is refused', async () => {
    const parent = await signCapability(
      draftCapability({
        parent: root,
        delegator: owner,
        controller: alice,
        invocationTarget: keyId,
        allowedAction: ['sign', 'verify'],
        expires: new Date(Date.now() + HOUR_MS),
      }),
    );
    const child = async (change: Partial<DelegateOptions>): Promise<Capability> =>
      signCapability(draftCapability({parent, delegator: alice, controller: bob, ...change}));
    await expectSigns(await child({}), bob);
    await expectSigns(await child({allowedAction: 'sign'}), bob);
    await expectForbidden(sign(await child({allowedAction: ['sign', 'wrapKey']}), bob), LESS_RESTRICTIVE);
    await expectForbidden(
      sign(await child({expires: new Date(Date.now() + HOUR_MS + MINUTE_MS)}), bob),
      LESS_RESTRICTIVE,
    );
    await expectForbidden(
      sign(await child({invocationTarget: otherKeyId}), bob, otherKeyId),
      LESS_RESTRICTIVE,
    );
    await expectForbidden(sign(await child({invocationTarget: `${keystoreId}/keys`}), bob), LESS_RESTRICTIVE);
  });
});
