import {createCipheriv, createDecipheriv, randomBytes} from 'node:crypto';
import {CapabilityAgent, Hmac, Kek, KeystoreAgent} from '@digitalbazaar/webkms-client';
import {expect} from 'chai';
import {rootCapabilityId} from '../support/signed-request.ts';
import {createPeer, verifiesIndependently} from './independent-keys.ts';
import {Scene} from './scene.ts';

describe('official webkms-client: CapabilityAgent and KeystoreAgent', () => {
  let scene: Scene;
  let agent: CapabilityAgent;
  let keystoreId: string;
  let keystore: KeystoreAgent;

  before(async () => {
    scene = await Scene.start();
    agent = await CapabilityAgent.fromSecret({secret: 'correct horse battery staple', handle: 'acme'});
    ({id: keystoreId} = await scene.createKeystore(asParty(agent)));
    keystore = new KeystoreAgent({capabilityAgent: agent, keystoreId, kmsClient: scene.kms()});
  });
  after(async () => scene.stop());

  it('comes back to its keystore with nothing but the secret and the handle', async () => {
    const key = await keystore.generateKey({type: 'asymmetric'});
    const again = await CapabilityAgent.fromSecret({secret: 'correct horse battery staple', handle: 'acme'});
    const invocationSigner = again.getSigner();
    const config = await scene.kms(keystoreId).getKeystore({invocationSigner});
    expect(config.controller).to.equal(agent.id);
    const data = randomBytes(32);
    expect(await scene.kms(keystoreId).sign({keyId: key.kmsId, data, invocationSigner})).to.deep.equal(
      await key.sign({data}),
    );
  });

  it('asymmetric: an Ed25519 key that signs and verifies', async () => {
    const key = await keystore.generateKey({type: 'asymmetric'});
    expect([key.type, key.algorithm]).to.deep.equal(['Ed25519VerificationKey2020', 'Ed25519']);
    const data = randomBytes(64);
    const signature = await key.sign({data});
    expect(await key.verify({data, signature})).to.equal(true);
    expect(await key.verify({data: randomBytes(64), signature})).to.equal(false);
    const description = await key.getKeyDescription();
    expect(await verifiesIndependently(key.type, {description, data, signature})).to.equal(true);
  });

  it('asymmetric: other types by their names, whose algorithm the client finds out', async () => {
    for (const [type, algorithm] of [
      ['urn:webkms:multikey:P-256', 'P-256'],
      ['urn:webkms:multikey:P-521', 'P-521'],
      ['urn:webkms:multikey:BBS-BLS12-381-SHA-256', 'Bls12381G2'],
    ] as const) {
      const key = await keystore.generateKey({category: 'asymmetric', type});
      expect([key.type, key.algorithm]).to.deep.equal(['Multikey', algorithm]);
    }
  });

  it('hmac: SHA-256, the same for the same data, another for other data', async () => {
    const hmac = await keystore.generateKey({type: 'hmac'});
    expect([hmac.type, hmac.algorithm]).to.deep.equal(['Sha256HmacKey2019', 'HS256']);
    const [data, otherData] = [randomBytes(64), randomBytes(64)];
    const sign = async (what: Uint8Array) => hmac.sign({data: what, useCache: false});
    const signature = await sign(data);
    expect(signature).to.have.length(32);
    expect(await sign(data)).to.deep.equal(signature);
    expect(await sign(otherData)).not.to.deep.equal(signature);
    expect(await hmac.verify({data, signature, useCache: false})).to.equal(true);
    expect(await hmac.verify({data: otherData, signature, useCache: false})).to.equal(false);
    expect(await hmac.verify({data, signature: signature.subarray(16), useCache: false})).to.equal(false);
  });

  it('hmac: by a capability, as blinded indexes of data vaults are made', async () => {
    const own = await keystore.generateKey({type: 'hmac'});
    const service = await CapabilityAgent.fromSecret({secret: 'another secret', handle: 'vault'});
    const capability = await scene.zcap(asParty(agent)).delegate({
      capability: rootCapabilityId(keystoreId),
      invocationTarget: own.kmsId,
      controller: service.id,
      allowedActions: ['sign'],
    });
    const hmac = await Hmac.fromCapability({
      capability,
      invocationSigner: service.getSigner(),
      kmsClient: scene.kms(),
    });
    const data = randomBytes(32);
    expect(await hmac.sign({data, useCache: false})).to.deep.equal(await own.sign({data, useCache: false}));
  });

  it('keyAgreement: two keys agree with each other, and with a peer outside', async () => {
    const key = await keystore.generateKey({type: 'keyAgreement'});
    const other = await keystore.generateKey({type: 'keyAgreement'});
    expect(key.type).to.equal('X25519KeyAgreementKey2020');
    const [description, otherDescription] = [
      await readDescription(key.kmsId),
      await readDescription(other.kmsId),
    ];
    const secret = await key.deriveSecret({publicKey: {...otherDescription}});
    expect(await other.deriveSecret({publicKey: {...description}})).to.deep.equal(secret);

    const peer = createPeer(key.type);
    const {publicKeyMultibase} = peer;
    const shared = await key.deriveSecret({publicKey: {type: key.type, publicKeyMultibase}});
    expect(Buffer.from(shared)).to.deep.equal(peer.computeSecret(description));
    expect(shared).not.to.deep.equal(secret);
  });

  it('kek: a content key of a data vault, wrapped, kept beside the document, unwrapped by a capability', async () => {
    const kek = await keystore.generateKey({type: 'kek'});
    expect([kek.type, kek.algorithm]).to.deep.equal(['AesKeyWrappingKey2019', 'A256KW']);
    const {wrappedKey, ...sealed} = await encryptDocument(
      'the document',
      randomBytes(32),
      async (unwrappedKey) => kek.wrapKey({unwrappedKey}),
    );

    const reader = await CapabilityAgent.fromSecret({secret: 'a third secret', handle: 'reader'});
    const capability = await scene.zcap(asParty(agent)).delegate({
      capability: rootCapabilityId(keystoreId),
      invocationTarget: kek.id,
      controller: reader.id,
      allowedActions: ['unwrapKey'],
    });
    const readersKek = await Kek.fromCapability({
      capability,
      invocationSigner: reader.getSigner(),
      kmsClient: scene.kms(),
    });
    expect(wrappedKey).to.have.length(40);
    const contentKey = await readersKek.unwrapKey({wrappedKey});
    expect(decryptDocument(sealed, contentKey ?? Buffer.alloc(32))).to.equal('the document');
  });

  it('kek: null for what it did not wrap', async () => {
    const [kek, other] = [
      await keystore.generateKey({type: 'kek'}),
      await keystore.generateKey({type: 'kek'}),
    ];
    const unwrappedKey = randomBytes(32);
    const wrappedKey = await kek.wrapKey({unwrappedKey});
    expect(Buffer.from((await kek.unwrapKey({wrappedKey})) ?? [])).to.deep.equal(unwrappedKey);
    expect(await other.unwrapKey({wrappedKey})).to.equal(null);
    const flipped = Uint8Array.from(wrappedKey, (byte, index) => (index === 20 ? byte ^ 1 : byte));
    expect(await kek.unwrapKey({wrappedKey: flipped})).to.equal(null);
    expect(await kek.unwrapKey({wrappedKey: wrappedKey.subarray(8)})).to.equal(null);
  });

  it('updates its config', async () => {
    const config = await scene.kms(keystoreId).getKeystore({invocationSigner: agent.getSigner()});
    const next = {...config, sequence: config.sequence + 1, ipAllowList: ['127.0.0.1/32', '::1/128']};
    expect(await keystore.updateConfig({config: next})).to.deep.equal({config: next});
  });

  async function readDescription(keyId: string) {
    const capability = rootCapabilityId(keyId);
    return scene.kms().getKeyDescription({capability, invocationSigner: agent.getSigner(), useCache: false});
  }
});

interface Sealed {
  readonly iv: Buffer;
  readonly ciphertext: Buffer;
  readonly tag: Buffer;
}

async function encryptDocument(
  text: string,
  contentKey: Buffer,
  wrap: (key: Buffer) => Promise<Uint8Array>,
): Promise<Sealed & {readonly wrappedKey: Uint8Array}> {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', contentKey, iv);
  const ciphertext = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return {iv, ciphertext, tag: cipher.getAuthTag(), wrappedKey: await wrap(contentKey)};
}

function decryptDocument({iv, ciphertext, tag}: Sealed, contentKey: Uint8Array): string {
  const decipher = createDecipheriv('aes-256-gcm', contentKey, iv, {authTagLength: 16}).setAuthTag(tag);
  return Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString('utf8');
}

function asParty(agent: CapabilityAgent) {
  return {did: agent.id, signer: agent.getSigner()};
}
