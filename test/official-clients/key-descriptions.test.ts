import {AsymmetricKey} from '@digitalbazaar/webkms-client';
import {expect} from 'chai';
import {controller} from '../support/did-key.ts';
import {rootCapabilityId} from '../support/signed-request.ts';
import {expectForbidden, refusal} from './refusal.ts';
import {Scene} from './scene.ts';

const TEMPLATE = 'did:key:{publicKeyMultibase}#{publicKeyMultibase}';

describe('official webkms-client: key descriptions', () => {
  const [owner, signer, stranger] = [
    controller('descriptions: owner'),
    controller('descriptions: signer'),
    controller('descriptions: stranger'),
  ];
  const {signer: invocationSigner} = owner;
  let scene: Scene;

  before(async () => (scene = await Scene.start()));
  after(async () => scene.stop());

  const delegateOn = async (keystoreId: string, keyId: string, allowedActions: string | string[]) =>
    scene.zcap(owner).delegate({
      capability: rootCapabilityId(keystoreId),
      invocationTarget: keyId,
      controller: signer.did,
      allowedActions,
    });

  it('R36 who may only sign may also read what the key is, and nothing else', async () => {
    const {keystoreId, keyId, kms} = await scene.createKey(owner);
    for (const action of ['sign', 'verify', 'read', 'wrapKey']) {
      const capability = await delegateOn(keystoreId, keyId, action);
      const description = await scene
        .kms()
        .getKeyDescription({capability, invocationSigner: signer.signer, useCache: false});
      expect(description.id, action).to.equal(keyId);
    }
    for (const action of ['generateKey', 'write', 'anything']) {
      const capability = await delegateOn(keystoreId, keyId, action);
      const reading = scene
        .kms()
        .getKeyDescription({capability, invocationSigner: signer.signer, useCache: false});
      await expectForbidden(reading, 'is not allowed by the capability');
    }
    const capability = await delegateOn(keystoreId, keyId, 'sign');
    const key = await AsymmetricKey.fromCapability({
      capability,
      invocationSigner: signer.signer,
      kmsClient: scene.kms(),
    });
    const data = Buffer.from('data');
    const signature = await key.sign({data});
    expect(signature).to.deep.equal(await kms.sign({keyId, data, invocationSigner}));
    await expectForbidden(key.verify({data, signature}), 'is not allowed by the capability');
  });

  it("R14 the controller reads it by the keystore's root and by the key's own; a stranger by neither", async () => {
    const {keystoreId, keyId, kms} = await scene.createKey(owner);
    const byKeyRoot = (by: typeof owner) =>
      kms.getKeyDescription({
        capability: rootCapabilityId(keyId),
        invocationSigner: by.signer,
        useCache: false,
      });
    const byKeystoreRoot = (by: typeof owner) =>
      scene.zcap(by).read({url: keyId, capability: rootCapabilityId(keystoreId)});
    expect((await byKeystoreRoot(owner)).data).to.deep.equal(await byKeyRoot(owner));
    for (const readBy of [byKeyRoot, byKeystoreRoot]) {
      await expectForbidden(readBy(stranger), 'capability controller does not match');
    }
  });

  it("R14 the key's own root is for reading, not for signing", async () => {
    const {keyId, kms} = await scene.createKey(owner);
    const capability = rootCapabilityId(keyId);
    await expectForbidden(
      kms.sign({keyId, data: Buffer.from('data'), capability, invocationSigner}),
      'Actual root capability does not match expected root capability.',
    );
  });

  it('has the alias that was asked for as its id, and is still found by its URL', async () => {
    const {id: keystoreId} = await scene.createKeystore(owner);
    const kms = scene.kms(keystoreId);
    const publicAlias = 'did:web:issuer.example#key-1';
    const {keyId, keyDescription} = await kms.generateKey({
      type: 'Ed25519VerificationKey2020',
      publicAlias,
      invocationSigner,
    });
    expect(keyDescription.id).to.equal(publicAlias);
    expect(keyId.startsWith(`${keystoreId}/keys/`)).to.equal(true);
    const capability = rootCapabilityId(keyId);
    expect(await kms.getKeyDescription({capability, invocationSigner, useCache: false})).to.deep.equal(
      keyDescription,
    );
  });

  it('expands an alias template over the description: a did:key', async () => {
    const {id: keystoreId} = await scene.createKeystore(owner);
    const kms = scene.kms(keystoreId);
    for (const type of [
      'Ed25519VerificationKey2020',
      'urn:webkms:multikey:P-384',
      'X25519KeyAgreementKey2020',
    ]) {
      const {keyDescription} = await kms.generateKey({
        type,
        publicAliasTemplate: TEMPLATE,
        invocationSigner,
      });
      const {id, publicKeyMultibase = ''} = keyDescription;
      expect(publicKeyMultibase).not.to.equal('');
      expect(id).to.equal(`did:key:${publicKeyMultibase}#${publicKeyMultibase}`);
    }
  });

  it('refuses an alias that is no URI, and stores nothing', async () => {
    const {id: keystoreId} = await scene.createKeystore(owner);
    const kms = scene.kms(keystoreId);
    for (const alias of [{publicAlias: 'no uri'}, {publicAliasTemplate: 'did:key:{'}]) {
      const attempt = kms.generateKey({type: 'Ed25519VerificationKey2020', ...alias, invocationSigner});
      expect((await refusal(attempt)).status, JSON.stringify(alias)).to.equal(400);
    }
    const {data} = await scene
      .zcap(owner)
      .read({url: `${keystoreId}/keys`, capability: rootCapabilityId(keystoreId)});
    expect(data).to.deep.equal({results: []});
  });
});
