import {expect} from 'chai';
import type {TestServer} from '../../support/run-server.ts';
import {useKeyScene} from './key-scene.ts';

const HMAC = 'Sha256HmacKey2019';
const data = {verifyData: 'AAAA'};
const refused = (state: string) => ({status: 409, name: 'InvalidStateError', state});

/** What one server changed, the other one knows when the first has answered. */
describe('states of a key, on two servers', () => {
  const scene = useKeyScene();
  let node: TestServer;
  before(async () => {
    node = await scene().scene.startNode();
  });

  it('disabled: it does nothing; enabled: as before', async () => {
    const key = await scene().generate(HMAC);
    const signature = await scene().run(key, 'SignOperation', data, {node});
    await scene().run(key, 'DisableKeyOperation');
    for (const there of [{node}, {}]) {
      expect(await scene().refusal(key, 'SignOperation', data, there)).to.deep.equal(refused('disabled'));
      const verify = {...data, ...signature};
      expect(await scene().refusal(key, 'VerifyOperation', verify, there)).to.deep.equal(refused('disabled'));
    }
    expect(await scene().refusal(key, 'DisableKeyOperation', {}, {node})).to.include(refused('disabled'));
    expect((await scene().get(key, {node})).status).to.equal(200);
    await scene().run(key, 'EnableKeyOperation', {}, {node});
    expect(await scene().run(key, 'SignOperation', data)).to.deep.equal(signature);
  });

  it('rotated: both use the new version at once', async () => {
    const key = await scene().generate(HMAC);
    await scene().run(key, 'SignOperation', data, {node});
    await scene().run(key, 'RotateKeyOperation');
    expect(await scene().run(key, 'SignOperation', data, {node})).to.include({keyVersion: 2});
    await scene().run(key, 'RotateKeyOperation', {}, {node});
    expect(await scene().run(key, 'SignOperation', data)).to.include({keyVersion: 3});
  });

  it('changed on both at once: every change is made, each on what the others left', async () => {
    const key = await scene().generate(HMAC);
    const changes = [1, 2, 3, 4, 5, 6].map((number) => {
      const there = {node: number % 2 ? node : scene().scene.server};
      return number % 3
        ? scene().run(key, 'RotateKeyOperation', {}, there)
        : scene().run(key, 'UpdateKeyOperation', {description: `number ${number}`}, there);
    });
    const replies = await Promise.all(changes);
    const versions = replies.flatMap((reply) => ('keyVersion' in reply ? [reply.keyVersion] : []));
    expect(versions.toSorted()).to.deep.equal([2, 3, 4, 5]);
    const {metadata} = (await scene().get(`${key}?include=metadata`)).json;
    expect(metadata).to.include({currentVersion: 5});
    expect(metadata.description).to.be.oneOf(['number 3', 'number 6']);
  });

  it('deleted: nothing but its restoration, which brings it back as it was', async () => {
    const key = await scene().generate(HMAC);
    await scene().run(key, 'DisableKeyOperation');
    const {keyDescription} = await scene().run(key, 'DeleteKeyOperation', {recoveryWindowSeconds: 1_000_000});
    const {state, deletion} = keyDescription.metadata;
    expect(state).to.equal('pendingDeletion');
    expect(Date.parse(deletion!.destroyAt) - Date.parse(deletion!.requestedAt)).to.equal(1e9);
    for (const operation of [
      'SignOperation',
      'RotateKeyOperation',
      'EnableKeyOperation',
      'DeleteKeyOperation',
    ]) {
      const members = operation === 'SignOperation' ? data : {};
      const refusal = await scene().refusal(key, operation, members, {node});
      expect(refusal, operation).to.include(refused('pendingDeletion'));
    }
    const restored = await scene().run(key, 'RestoreKeyOperation', {}, {node});
    expect(restored.keyDescription.metadata)
      .to.include({state: 'disabled'})
      .and.to.not.have.property('deletion');
    expect(await scene().refusal(key, 'SignOperation', data)).to.deep.equal(refused('disabled'));
  });

  it('a version alone is disabled, enabled, destroyed; the newest is not', async () => {
    const key = await scene().generate('urn:webkms:symmetric:AES-256-GCM');
    const {ciphertext} = await scene().run(key, 'EncryptOperation', {plaintext: 'AAAA'});
    expect(await scene().refusal(key, 'DisableKeyOperation', {keyVersion: 1})).to.include(refused('active'));
    await scene().run(key, 'RotateKeyOperation');
    expect(await scene().refusal(key, 'DeleteKeyOperation', {keyVersion: 1})).to.include(
      refused('decrypt-only'),
    );
    await scene().run(key, 'DisableKeyOperation', {keyVersion: 1});
    expect(await scene().refusal(key, 'DecryptOperation', {ciphertext}, {node})).to.deep.equal(
      refused('disabled'),
    );
    await scene().run(key, 'EnableKeyOperation', {keyVersion: 1}, {node});
    expect(await scene().run(key, 'DecryptOperation', {ciphertext})).to.deep.equal({plaintext: 'AAAA'});
    await scene().run(key, 'DisableKeyOperation', {keyVersion: 1});
    await scene().run(key, 'DeleteKeyOperation', {keyVersion: 1});
    expect(await scene().refusal(key, 'DecryptOperation', {ciphertext}, {node})).to.deep.equal(
      refused('destroyed'),
    );
    for (const operation of ['EnableKeyOperation', 'DisableKeyOperation', 'DeleteKeyOperation']) {
      expect(await scene().refusal(key, operation, {keyVersion: 1}, {node})).to.include(refused('destroyed'));
    }
    const unknown = await scene().refusal(key, 'DisableKeyOperation', {keyVersion: 3});
    expect(unknown).to.include({status: 404, name: 'NotFoundError'});
  });

  it('a change is accepted once, on whichever server', async () => {
    const key = await scene().generate(HMAC);
    const now = String(Math.floor(Date.now() / 1000));
    const overrides = {created: now, expires: String(Number(now) + 600)};
    await scene().run(key, 'RotateKeyOperation', {}, {overrides});
    const again = await scene().post(key, 'RotateKeyOperation', {}, {overrides, node});
    expect([again.status, again.json.cause.message]).to.deep.equal([
      403,
      'This signed request was accepted before.',
    ]);
    expect(await scene().run(key, 'SignOperation', data)).to.include({keyVersion: 2});
  });

  it('policies hold', async () => {
    const policy = {allowedOperations: ['sign'], maxDataBytes: 3, deletionProtection: true};
    const key = await scene().generate(HMAC, {policy});
    await scene().run(key, 'SignOperation', data);
    expect(await scene().refusal(key, 'SignOperation', {verifyData: 'AAAAAA'})).to.deep.equal({
      ...{status: 413, name: 'PayloadTooLargeError', policy: 'maxDataBytes'},
    });
    expect(await scene().refusal(key, 'VerifyOperation', {...data, signatureValue: 'AAAA'})).to.deep.equal({
      ...{status: 403, name: 'NotAllowedError', policy: 'allowedOperations'},
    });
    expect(await scene().refusal(key, 'DeleteKeyOperation')).to.deep.equal({
      ...{status: 403, name: 'NotAllowedError', policy: 'deletionProtection'},
    });
    await scene().run(key, 'UpdateKeyOperation', {policy: null}, {node});
    expect(await scene().run(key, 'SignOperation', {verifyData: 'AAAAAA'})).to.have.property(
      'signatureValue',
    );

    const rated = await scene().generate(HMAC, {policy: {rate: {uses: 2, perSeconds: 3600}}});
    await scene().run(rated, 'SignOperation', data);
    await scene().run(rated, 'SignOperation', data);
    expect(await scene().refusal(rated, 'SignOperation', data)).to.include({
      status: 429,
      name: 'RateLimitError',
    });
  });
});
