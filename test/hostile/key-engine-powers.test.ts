import {expect} from 'chai';
import {base64url, useKeyScene} from '../http/endpoints/key-scene.ts';
import {type Capability, delegate} from '../support/delegate.ts';
import {controller} from '../support/did-key.ts';
import {rootCapabilityId, signedRequest} from '../support/signed-request.ts';

const HMAC = 'Sha256HmacKey2019';
const BOUND_EXCEEDED = 'Maximum zcap invocation capability chain length (1) exceeded.';

describe('hostile: what a delegate makes of its power over a key', () => {
  const scene = useKeyScene();
  const [bob, carol] = [controller('bob'), controller('carol')];

  const delegateTo = (key: string, allowedAction: string[]): Promise<Capability> =>
    delegate({
      parent: rootCapabilityId(scene().keystore),
      delegator: scene().owner,
      controller: bob,
      invocationTarget: key,
      allowedAction,
    });

  it('R26 who is bound by a key’s bound on chains does not lift it', async () => {
    const key = await scene().generate(HMAC, {maxCapabilityChainLength: 2});
    const capability = await delegateTo(key, ['sign', 'updateKey']);
    const by = {signer: bob, capability};
    for (const maxCapabilityChainLength of [null, 3, 10]) {
      const {status, json} = await scene().post(key, 'UpdateKeyOperation', {maxCapabilityChainLength}, by);
      expect([status, json.cause.message]).to.deep.equal([403, BOUND_EXCEEDED]);
      const tags = {stolen: 'yes'};
      const hidden = await scene().post(key, 'UpdateKeyOperation', {tags, maxCapabilityChainLength}, by);
      expect(hidden.status).to.equal(403);
    }
    const onward = await delegate({parent: capability, delegator: bob, controller: carol});
    const sign = {verifyData: base64url('data')};
    expect(
      (await scene().post(key, 'SignOperation', sign, {signer: carol, capability: onward})).status,
    ).to.equal(403);
    const {json} = await scene().get(`${key}?include=metadata`);
    expect(json.metadata).to.include({maxCapabilityChainLength: 2}).and.not.have.property('tags');
    // What does not lift it is updated, and the owner lifts it.
    await scene().run(key, 'UpdateKeyOperation', {maxCapabilityChainLength: 2, description: 'By Bob.'}, by);
    await scene().run(key, 'UpdateKeyOperation', {maxCapabilityChainLength: 3});
    await scene().run(key, 'SignOperation', sign, {signer: carol, capability: onward});
    // To less by anybody who may update.
    await scene().run(key, 'UpdateKeyOperation', {maxCapabilityChainLength: 1}, by);
    expect((await scene().post(key, 'UpdateKeyOperation', {description: 'Again.'}, by)).status).to.equal(403);
  });

  it('R50 an alias that gives no URI for later controllers keeps no key from being listed, changed and rotated', async () => {
    const {scene: server, owner} = scene();
    const {id: keystore} = await server.createKeystore(owner);
    const send = (url: string, json: object, action: string) =>
      server.accepted(signedRequest({url, json: {...json}, action, signer: owner}));
    // As long as an alias may be, but for one controller.
    const publicAliasTemplate = `x:${'{+controller}'.repeat(140)}`;
    const invocationTarget = {type: 'Ed25519VerificationKey2020', publicAliasTemplate};
    const made = await send(
      `${keystore}/keys`,
      {type: 'GenerateKeyOperation', invocationTarget},
      'generateKey',
    );
    const {keyId: key} = made.json as {keyId: string};
    await send(keystore, {id: keystore, sequence: 1, controller: [owner.did, bob.did, carol.did]}, 'write');
    const list = await scene().get(`${keystore}/keys`);
    expect([
      list.status,
      (list.json as unknown as {results: {id: string}[]}).results.map(({id}) => id),
    ]).to.deep.equal([200, [key]]);
    expect((await scene().get(key)).json.id).to.equal(key);
    await scene().run(key, 'RotateKeyOperation');
    await scene().run(key, 'DisableKeyOperation');
    expect(
      (await scene().post(key, 'UpdateKeyOperation', {publicAliasTemplate: `${publicAliasTemplate}x`}))
        .status,
    ).to.equal(400);
    await scene().run(key, 'UpdateKeyOperation', {publicAliasTemplate: null});
  });

  it('R31 a capability for one key is none for the keys beside it, nor for what metadata tells', async () => {
    const [key, other] = [await scene().generate(HMAC), await scene().generate(HMAC)];
    const capability = await delegateTo(key, ['sign', 'generateKey', 'importKey', 'exportKey', 'updateKey']);
    const by = {signer: bob, capability};
    const {json} = await scene().get(`${key}?include=metadata`, by);
    expect(json.metadata).to.not.have.any.keys('tags', 'policy', 'deletion', 'warnings');
    for (const url of [other, `${scene().keystore}/keys`]) {
      for (const operation of [
        'SignOperation',
        'UpdateKeyOperation',
        'ExportKeyOperation',
        'ImportKeyOperation',
      ]) {
        const members = {verifyData: 'AAAA', description: 'd', plaintext: true};
        expect(
          (await scene().post(url, operation, members, by)).status,
          `${operation} at ${url}`,
        ).to.be.oneOf([400, 403]);
      }
    }
    const list = await scene().get(`${scene().keystore}/keys?name=any`, by);
    expect(list.status).to.equal(403);
    expect((await scene().get(key, by)).status).to.equal(200);
  });
});
