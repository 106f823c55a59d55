import type {KeystoreConfigDocument} from '@digitalbazaar/webkms-client';
import {decode} from 'base58-universal';
import {expect} from 'chai';
import {controller, type Controller} from '../support/did-key.ts';
import {rootCapabilityId} from '../support/signed-request.ts';
import {expectForbidden, refusal} from './refusal.ts';
import {Scene} from './scene.ts';

const INVOKER_REFUSED = 'capability controller does not match';

describe('official webkms-client: keystores', () => {
  const [owner, partner, stranger] = [
    controller('keystores: owner'),
    controller('keystores: partner'),
    controller('keystores: stranger'),
  ];
  let scene: Scene;

  before(async () => (scene = await Scene.start()));
  after(async () => scene.stop());

  const read = async (id: string, by: Controller) => scene.kms(id).getKeystore({invocationSigner: by.signer});
  const update = async (id: string, config: object, by: Controller = owner) =>
    scene.kms(id).updateKeystore({config: {...config}, invocationSigner: by.signer});

  it('creates, and gives back what was given', async () => {
    const config = await scene.createKeystore(owner, {kmsModule: 'ssm-v1', meterId: 'urn:meter:1'});
    const {id, ...rest} = config;
    const [, localId = ''] = id.split(`${scene.keystoresUrl}/z`);
    expect([...decode(localId).subarray(0, 2), decode(localId).length]).to.deep.equal([0x00, 0x10, 18]);
    expect(rest).to.deep.equal({
      sequence: 0,
      controller: owner.did,
      kmsModule: 'ssm-v1',
      meterId: 'urn:meter:1',
    });
    expect(await read(id, owner)).to.deep.equal(config);
  });

  it('creates with 201 and Location, two within a second being two', async () => {
    const create = async () =>
      scene.zcap(owner).write({
        url: scene.keystoresUrl,
        json: {sequence: 0, controller: owner.did},
      });
    const [first, second] = await Promise.all([create(), create()]);
    const ids = [first, second].map(({status, headers, data}) => {
      const {id} = data as KeystoreConfigDocument;
      expect([status, headers.get('location')]).to.deep.equal([201, id]);
      return id;
    });
    expect(new Set(ids).size).to.equal(2);
  });

  it('R24 refuses to create a keystore for somebody else', async () => {
    await expectForbidden(scene.createKeystore({did: owner.did, signer: stranger.signer}), INVOKER_REFUSED);
  });

  it('updates, and an address list that is left out is cleared', async () => {
    const config = await scene.createKeystore(owner, {meterId: 'urn:meter:1'});
    const next = {...config, sequence: 1, ipAllowList: ['127.0.0.0/8', '::1/128']};
    expect(await update(config.id, next)).to.deep.equal({config: next});
    expect(await read(config.id, owner)).to.deep.equal(next);
    const cleared = {...config, sequence: 2};
    expect(await update(config.id, cleared)).to.deep.equal({config: cleared});
    expect(await read(config.id, owner)).to.deep.equal(cleared);
  });

  it('refuses a sequence that does not follow, and stores nothing', async () => {
    const config = await scene.createKeystore(owner);
    for (const sequence of [0, 2]) {
      const {status, body} = await refusal(update(config.id, {...config, sequence}));
      expect([status, body.name]).to.deep.equal([409, 'InvalidStateError']);
    }
    expect(await read(config.id, owner)).to.deep.equal(config);
  });

  it('refuses another kmsModule or meterId, and stores nothing', async () => {
    const config = await scene.createKeystore(owner, {kmsModule: 'ssm-v1', meterId: 'urn:meter:1'});
    for (const change of [{kmsModule: 'software'}, {meterId: 'urn:meter:2'}]) {
      const {status, body} = await refusal(update(config.id, {...config, ...change, sequence: 1}));
      expect([status, body.name], JSON.stringify(change)).to.deep.equal([409, 'InvalidStateError']);
    }
    expect(await read(config.id, owner)).to.deep.equal(config);
  });

  it('refuses a config whose id is not the URL', async () => {
    const config = await scene.createKeystore(owner);
    const other = await scene.createKeystore(owner);
    const {status, body} = await refusal(update(config.id, {...other, sequence: 1}));
    expect([status, body.name]).to.deep.equal([400, 'URLMismatchError']);
    expect(body.details).to.deep.equal({
      requestUrl: config.id,
      configId: other.id,
      expected: config.id,
      actual: other.id,
      httpStatusCode: 400,
    });
  });

  it('tells of a body that is not valid what is wrong with it, and where', async () => {
    const config = await scene.createKeystore(owner);
    const attempts: [() => Promise<unknown>, string, string, string][] = [
      [
        async () => scene.createKeystore(owner, {ipAllowList: ['a']}),
        'postKeystoreBody',
        '.ipAllowList[0]',
        'should match pattern',
      ],
      [
        async () => scene.createKeystore(owner, {ipAllowList: []}),
        'postKeystoreBody',
        '.ipAllowList',
        'should NOT have fewer than 1 items',
      ],
      [
        async () => update(config.id, {...config, sequence: 1, ipAllowList: ['a']}),
        'updateKeystoreConfigBody',
        '.ipAllowList[0]',
        'should match pattern',
      ],
    ];
    for (const [attempt, validator, path, message] of attempts) {
      const {status, body} = await refusal(attempt());
      expect([status, body.name, body.message]).to.deep.equal([
        400,
        'ValidationError',
        `A validation error occurred in the '${validator}' validator.`,
      ]);
      const [error] = body.details?.['errors'] as {name: string; message: string; details: {path: string}}[];
      expect([error?.name, error?.details.path]).to.deep.equal(['ValidationError', path]);
      expect(error?.message).to.include(message);
    }
    expect(await read(config.id, owner)).to.deep.equal(config);
  });

  it('lets a stranger know nothing, not even whether the keystore exists', async () => {
    const {id} = await scene.createKeystore(owner);
    const missing = id.replace(/.{8}$/, '11111111');
    await expectForbidden(read(id, stranger), INVOKER_REFUSED);
    const [existing, absent] = [await refusal(read(id, stranger)), await refusal(read(missing, stranger))];
    expect(absent).to.deep.equal(existing);
  });

  it('has several controllers, each with all rights', async () => {
    const {data} = await scene.zcap(owner).write({
      url: scene.keystoresUrl,
      json: {sequence: 0, controller: [owner.did, partner.did]},
    });
    const config = data as KeystoreConfigDocument;
    expect(config.controller).to.deep.equal([owner.did, partner.did]);
    expect(await read(config.id, owner)).to.deep.equal(config);
    expect(await read(config.id, partner)).to.deep.equal(config);
    await expectForbidden(read(config.id, stranger), INVOKER_REFUSED);

    const {keyId, keyDescription} = await scene
      .kms(config.id)
      .generateKey({type: 'Ed25519VerificationKey2020', invocationSigner: partner.signer});
    expect(keyDescription.controller).to.deep.equal(config.controller);
    const signed = [owner, partner].map(async ({signer}) =>
      scene.kms(config.id).sign({keyId, data: Buffer.from('data'), invocationSigner: signer}),
    );
    const [first, second] = await Promise.all(signed);
    expect(first).to.deep.equal(second);

    await update(config.id, {...config, sequence: 1, controller: partner.did}, partner);
    await expectForbidden(read(config.id, owner), INVOKER_REFUSED);
  });

  it('R49 holds its address list on every route, for its own controller too', async () => {
    const config = await scene.createKeystore(owner);
    const kms = scene.kms(config.id);
    const {signer: invocationSigner} = owner;
    const {keyId} = await kms.generateKey({type: 'Ed25519VerificationKey2020', invocationSigner});
    const capability = await scene
      .zcap(owner)
      .delegate({capability: rootCapabilityId(config.id), invocationTarget: keyId, controller: partner.did});
    const elsewhere = {...config, sequence: 1, ipAllowList: ['203.0.113.0/24', '2001:db8::/32']};
    await update(config.id, elsewhere);

    const attempts = [
      async () => read(config.id, owner),
      async () => update(config.id, {...config, sequence: 2}),
      async () => kms.generateKey({type: 'Ed25519VerificationKey2020', invocationSigner}),
      async () => kms.sign({keyId, data: Buffer.from('data'), invocationSigner}),
      async () => kms.getKeyDescription({capability, invocationSigner: partner.signer, useCache: false}),
      async () => kms.revokeCapability({capabilityToRevoke: capability, invocationSigner}),
      async () => scene.zcap(owner).read({url: `${config.id}/keys`, capability: rootCapabilityId(config.id)}),
      async () =>
        scene
          .zcap(owner)
          .read({url: `${config.id}/zcaps/revocations`, capability: rootCapabilityId(config.id)}),
    ];
    for (const attempt of attempts) {
      const {status, body} = await refusal(attempt());
      expect([status, body.name, body.message]).to.deep.equal([
        403,
        'NotAllowedError',
        'Permission denied. Source IP is not allowed.',
      ]);
    }
  });

  it('is deleted when it is empty, and then is not there for anybody', async () => {
    const {id} = await scene.createKeystore(owner);
    const remove = async (url: string) =>
      scene.zcap(owner).request({url, capability: rootCapabilityId(url), method: 'delete', action: 'write'});
    expect((await remove(id)).status).to.equal(204);
    await expectForbidden(read(id, owner), INVOKER_REFUSED);
    const {keystoreId} = await scene.createKey(owner);
    expect((await refusal(remove(keystoreId))).status).to.equal(409);
  });

  it('knows no key that there is not', async () => {
    const {keyId, kms} = await scene.createKey(owner);
    const missing = {keyId: keyId.replace(/.{8}$/, '11111111'), invocationSigner: owner.signer};
    const {status, message, body} = await refusal(kms.sign({...missing, data: Buffer.from('data')}));
    expect([status, body.name]).to.deep.equal([404, 'NotFoundError']);
    expect(message).to.equal('Error during "sign" operation: Key not found.');
  });
});
