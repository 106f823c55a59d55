import {expect} from 'chai';
import {controller} from '../../support/did-key.ts';
import {delegateChain} from '../../support/delegate.ts';
import {rootCapabilityId} from '../../support/signed-request.ts';
import {useKeyScene} from './key-scene.ts';

const HMAC = 'Sha256HmacKey2019';
const ED25519 = 'urn:webkms:multikey:Ed25519';

describe('descriptions and metadata', () => {
  const scene = useKeyScene();
  const bob = controller('bob');

  async function delegation(invocationTarget: string, allowedAction: string) {
    const links = await delegateChain({
      root: rootCapabilityId(scene().keystore),
      holders: [scene().owner, bob],
      invocationTarget,
      allowedAction,
    });
    return {signer: bob, capability: links.at(-1)!};
  }

  it('of a key that was only generated are what WebKMS clients know', async () => {
    const key = await scene().generate(ED25519);
    const {status, json} = await scene().get(key);
    expect(status).to.equal(200);
    expect(json).to.have.all.keys('@context', 'id', 'type', 'controller', 'publicKeyMultibase');
    expect((await scene().get(`${key}?version=1`)).json).to.deep.equal(json);
  });

  it('tell each version; an old one by its own URL, or by the alias that the template gives it', async () => {
    const publicAliasTemplate = 'did:example:1#{publicKeyMultibase}';
    const [key, aliased] = [
      await scene().generate(ED25519),
      await scene().generate(ED25519, {publicAliasTemplate}),
    ];
    const {json: first} = await scene().get(key);
    const {json: firstAliased} = await scene().get(aliased);
    for (const url of [key, aliased]) await scene().run(url, 'RotateKeyOperation');
    const {json: second} = await scene().get(key);
    expect(second).to.include({id: key, keyVersion: 2});
    expect((await scene().get(`${key}?version=2`)).json).to.deep.equal(second);
    expect((await scene().get(`${key}?version=1`)).json).to.deep.equal({
      ...{...first, id: `${key}?version=1`, keyVersion: 1},
    });
    const {json: old} = await scene().get(`${aliased}?version=1`);
    expect(old).to.deep.equal({...firstAliased, keyVersion: 1});
    expect((await scene().get(aliased)).json.id).to.not.equal(firstAliased.id);
    for (const version of ['0', '01', '3', '-1', '1e0', '4294967297', '99999999999999999999', 'latest', '']) {
      const {status} = await scene().get(`${key}?version=${version}`);
      expect(status, version).to.equal(version === '3' ? 404 : 400);
    }
  });

  it('include metadata where that is asked for, as docs/keys.md has it', async () => {
    const members = {tags: {name: 'one', team: 'a'}, description: 'A key.', policy: {minVersions: 1}};
    const key = await scene().generate(HMAC, members);
    const {json} = await scene().get(`${key}?include=metadata`);
    const {metadata, ...description} = json;
    expect(description).to.deep.equal((await scene().get(key)).json);
    const {createdAt, updatedAt, versions, ...rest} = metadata;
    expect(updatedAt).to.equal(createdAt);
    expect(versions).to.deep.equal([{version: 1, createdAt, status: 'active'}]);
    expect(rest).to.deep.include({
      ...{
        state: 'active',
        origin: 'generated',
        currentVersion: 1,
        operations: ['sign', 'verify'],
        algorithms: ['HS256'],
        kmsModule: 'software',
        extractable: true,
        ...members,
      },
    });
    expect((await scene().get(`${key}?include=everything`)).status).to.equal(400);
    const text = JSON.stringify(json);
    expect(text).to.not.include('material');
  });

  it('R36: the description needs any action on the key; all of the metadata, `read`', async () => {
    const members = {tags: {name: 'told'}, description: 'A key.', maxCapabilityChainLength: 3};
    const policy = {rotation: {afterUses: 9}, minVersions: 1};
    const key = await scene().generate(ED25519, {...members, policy});
    await scene().run(key, 'SignOperation', {verifyData: 'AAAA'});
    const url = `${key}?include=metadata`;
    const {metadata} = (await scene().get(url)).json;
    expect(metadata.versions[0]).to.have.property('uses');
    const unshown = ['tags', 'description', 'policy', 'maxCapabilityChainLength', 'extractable', 'uses'];
    const shown: unknown = JSON.parse(
      JSON.stringify(metadata, (name, value: unknown) => (unshown.includes(name) ? undefined : value)),
    );
    for (const action of ['sign', 'encrypt', 'rotateKey', 'deleteKey', 'exportKey', 'decapsulate']) {
      const by = await delegation(key, action);
      expect((await scene().get(key, by)).status, action).to.equal(200);
      const {json} = await scene().get(url, by);
      expect(json.metadata, action).to.deep.equal(shown);
    }
    for (const action of ['generateKey', 'importKey', 'write', 'batch']) {
      const by = await delegation(key, action);
      expect((await scene().get(key, by)).status, action).to.equal(403);
      expect((await scene().get(url, by)).status, action).to.equal(403);
    }
    expect((await scene().get(url, await delegation(key, 'read'))).json.metadata).to.deep.equal(metadata);
    await scene().run(key, 'DeleteKeyOperation');
    expect((await scene().get(url)).json.metadata).to.have.property('deletion');
    const {json} = await scene().get(url, await delegation(key, 'restoreKey'));
    expect(json.metadata).to.include({state: 'pendingDeletion'}).and.not.have.property('deletion');
  });

  it('list keys by name, each with its metadata', async () => {
    const [named, other] = [
      await scene().generate(HMAC, {tags: {name: 'listed'}}),
      await scene().generate(HMAC, {tags: {name: 'others'}, maxCapabilityChainLength: 1}),
    ];
    const list = `${scene().keystore}/keys`;
    const found = await scene().get(`${list}?name=listed&include=metadata`);
    expect(found.json.results).to.deep.equal([(await scene().get(`${named}?include=metadata`)).json]);
    expect((await scene().get(`${list}?name=nobody`)).json).to.deep.equal({results: []});
    const {results} = (await scene().get(`${list}?include=metadata`)).json;
    expect(results.every((each) => 'metadata' in each)).to.equal(true);
    expect((await scene().get(list)).json.results.some((each) => 'metadata' in each)).to.equal(false);
    // Too long a chain does not see the key, by its name neither.
    const by = await delegation(list, 'read');
    expect((await scene().get(`${list}?name=others`, by)).json).to.deep.equal({results: []});
    expect((await scene().get(`${list}?name=others`)).json.results[0]!.id).to.equal(other);
  });

  it('names are unique in the keystore', async () => {
    await scene().generate(HMAC, {tags: {name: 'unique'}});
    const other = await scene().generate(HMAC);
    const taken = {status: 409, name: 'DuplicateError'};
    const invocationTarget = {type: HMAC, tags: {name: 'unique'}};
    const again = await scene().post(`${scene().keystore}/keys`, 'GenerateKeyOperation', {invocationTarget});
    expect([again.status, again.json.name]).to.deep.equal([409, 'DuplicateError']);
    expect(await scene().refusal(other, 'UpdateKeyOperation', {tags: {name: 'unique'}})).to.deep.equal(taken);
    await scene().run(other, 'UpdateKeyOperation', {tags: {name: 'unique too'.replaceAll(' ', '-')}});
  });

  it('updates replace what they name, and null removes it', async () => {
    const key = await scene().generate(HMAC, {tags: {team: 'a'}, description: 'One.'});
    const updated = await scene().run(key, 'UpdateKeyOperation', {
      tags: {name: 'u'},
      maxCapabilityChainLength: 2,
    });
    expect(updated.keyDescription.metadata).to.deep.include({
      ...{tags: {name: 'u'}, description: 'One.', maxCapabilityChainLength: 2},
    });
    const cleared = await scene().run(key, 'UpdateKeyOperation', {
      ...{tags: null, description: null, maxCapabilityChainLength: null},
    });
    expect(cleared.keyDescription.metadata).to.not.have.any.keys(
      'tags',
      'description',
      'maxCapabilityChainLength',
    );
    for (const flaw of [{}, {keyVersion: 1}, {owner: 'x'}, {tags: 'x'}, {policy: {everything: true}}]) {
      expect(await scene().refusal(key, 'UpdateKeyOperation', flaw)).to.include({
        ...{status: 400, name: 'ValidationError'},
      });
    }
  });
});

describe('public descriptions', () => {
  const scene = useKeyScene({WEBKMS_KEY_DESCRIPTIONS: 'public'});

  it('are public; metadata never is', async () => {
    const key = await scene().generate(ED25519);
    await scene().run(key, 'RotateKeyOperation');
    const stranger = {signer: controller('stranger')};
    expect((await scene().get(key, stranger)).status).to.equal(200);
    expect((await scene().get(`${key}?version=1`, stranger)).status).to.equal(200);
    expect((await scene().get(`${key}?include=metadata`, stranger)).status).to.equal(403);
    expect((await scene().get(`${key}?include=metadata`)).json).to.have.property('metadata');
  });
});
