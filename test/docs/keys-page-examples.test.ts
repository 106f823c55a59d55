import {expect} from 'chai';
import {base64url, type KeyScene, type Reply, useKeyScene} from '../http/endpoints/key-scene.ts';
import {Names, parseExchanges} from './exchange.ts';
import {codeSpans, MarkdownPage} from './markdown-page.ts';

const AES = 'urn:webkms:symmetric:AES-256-GCM';
const HMAC = 'Sha256HmacKey2019';
const RSA = 'urn:webkms:multikey:RSA-2048';
const data = {verifyData: base64url('data')};
const text = {plaintext: base64url('data')};

interface Refused {
  readonly status: number;
  readonly json: Reply;
}

/** What is refused so, by row of the page's table; each beside what is not. */
const REFUSALS: Readonly<Record<string, (scene: KeyScene) => Promise<Refused>>> = {
  '400 ValidationError': async (scene) => {
    const key = await scene.generate(AES);
    await scene.run(key, 'EncryptOperation', text);
    return scene.post(key, 'EncryptOperation', {...text, padding: 'none'});
  },
  '400 DataError': async (scene) => {
    const key = await scene.generate(AES);
    await scene.run(key, 'UpdateKeyOperation', {policy: {minVersions: 1, maxVersions: 2}});
    return scene.post(key, 'UpdateKeyOperation', {policy: {minVersions: 2, maxVersions: 1}});
  },
  '400 NotSupportedError': async (scene) => {
    const key = await scene.generate(AES);
    await scene.run(key, 'EncryptOperation', text);
    return scene.post(key, 'SignOperation', data);
  },
  '400 OperationError': async (scene) => {
    const key = await scene.generate(AES);
    const sealed = await scene.run(key, 'EncryptOperation', text);
    await scene.run(key, 'DecryptOperation', {...sealed});
    return scene.post(key, 'DecryptOperation', {ciphertext: sealed.ciphertext.replace(':v1:', ':v2:')});
  },
  '403 NotAllowedError': async (scene) => {
    const key = await scene.generate(HMAC, {policy: {rate: {uses: 2, perSeconds: 3600}}});
    const batch = (items: readonly object[]) => ({operation: 'SignOperation', items});
    await scene.run(key, 'BatchOperation', batch([data, data]));
    return scene.post(key, 'BatchOperation', batch([data, data, data]));
  },
  '404 NotFoundError': async (scene) => {
    const key = await scene.generate(HMAC);
    const {signatureValue} = await scene.run(key, 'SignOperation', data);
    await scene.run(key, 'VerifyOperation', {...data, signatureValue, keyVersion: 1});
    return scene.post(key, 'VerifyOperation', {...data, signatureValue, keyVersion: 2});
  },
  '409 InvalidStateError': async (scene) => {
    const key = await scene.generate(HMAC);
    await scene.run(key, 'DisableKeyOperation');
    return scene.post(key, 'DisableKeyOperation');
  },
  '409 DuplicateError': async (scene) => {
    const [first, second] = [await scene.generate(HMAC), await scene.generate(HMAC)];
    await scene.run(first, 'UpdateKeyOperation', {tags: {name: 'taken'}});
    return scene.post(second, 'UpdateKeyOperation', {tags: {name: 'taken'}});
  },
  '413 PayloadTooLargeError': async (scene) => {
    const key = await scene.generate(HMAC, {policy: {maxDataBytes: 4}});
    await scene.run(key, 'SignOperation', data);
    return scene.post(key, 'SignOperation', {verifyData: base64url('data!')});
  },
  '429 RateLimitError': async (scene) => {
    const key = await scene.generate(HMAC, {policy: {rate: {uses: 1, perSeconds: 3600}}});
    await scene.run(key, 'SignOperation', data);
    return scene.post(key, 'SignOperation', data);
  },
};

/** Needs a server that can do no more: test/key-modules/software/crypto-threads.test.ts. */
const SHOWN_ELSEWHERE = '503 UnavailableError';

describe('docs/keys.md, sent to a running server', () => {
  const scene = useKeyScene();
  let page: MarkdownPage;
  before(async () => {
    page = await MarkdownPage.read('keys.md');
  });

  it("is answered as it says in a key's life", async () => {
    const names = new Names({KEYSTORE: scene().keystore, DID: scene().owner.did});
    const exchanges = page.fenced('text').flatMap(parseExchanges);
    expect(exchanges).to.have.length(10);
    for (const {method, url, body, status, reply} of exchanges) {
      const target = names.fill(url);
      const {type, ...members} = JSON.parse(names.fill(body) || '{}') as {readonly type: string};
      const answer = await (method === 'GET' ? scene().get(target) : scene().post(target, type, members));
      expect(answer.status, `${method} ${url} ${body}`).to.equal(status);
      names.match(answer.json, reply);
    }
    expect(names.get('OLD')).to.match(/^webkms:v1:/);
    expect(names.get('NEW')).to.match(/^webkms:v2:/);
  });

  it('has a row for every refusal that follows', () => {
    const rows = page.table('status and name').map(([refusal = '']) => refusal.replaceAll('`', ''));
    expect(rows).to.have.members([...Object.keys(REFUSALS), SHOWN_ELSEWHERE]);
  });

  for (const [row, provoke] of Object.entries(REFUSALS)) {
    it(`refuses as it says: ${row}`, async () => {
      const {status, json} = await provoke(scene());
      expect(`${status} ${json.name}`).to.equal(row);
      const [, , details = ''] = page
        .table('status and name')
        .find(([cell]) => cell?.replaceAll('`', '') === row)!;
      expect(Object.keys(json.details ?? {})).to.have.members([...codeSpans(details)]);
    });
  }

  describe('holds to what it says of', () => {
    it('an update of a policy: the floor stays, "exportable" goes, and does not come back', async () => {
      const key = await scene().generate(AES, {policy: {exportable: true, minDecryptVersion: 1}});
      const updated = await scene().run(key, 'UpdateKeyOperation', {policy: {minVersions: 1}});
      expect(updated.keyDescription.metadata.policy).to.deep.equal({minVersions: 1, minDecryptVersion: 1});
      expect(await scene().refusal(key, 'UpdateKeyOperation', {policy: {exportable: true}})).to.deep.equal({
        ...{status: 403, name: 'NotAllowedError', policy: 'exportable'},
      });
      const removed = await scene().run(key, 'UpdateKeyOperation', {policy: null});
      expect(removed.keyDescription.metadata.policy).to.deep.equal({minDecryptVersion: 1});
    });

    it('deletion protection: of the key, of its versions, also from "maxVersions"', async () => {
      const key = await scene().generate(HMAC, {policy: {deletionProtection: true, maxVersions: 1}});
      await scene().run(key, 'RotateKeyOperation');
      await scene().run(key, 'DisableKeyOperation', {keyVersion: 1});
      for (const members of [{}, {keyVersion: 1}]) {
        expect(await scene().refusal(key, 'DeleteKeyOperation', members)).to.deep.equal({
          ...{status: 403, name: 'NotAllowedError', policy: 'deletionProtection'},
        });
      }
      await scene().run(key, 'UpdateKeyOperation', {policy: {maxVersions: 1}});
      const {keyDescription} = await scene().run(key, 'DeleteKeyOperation', {keyVersion: 1});
      expect(keyDescription.metadata.versions[0]).to.include({status: 'destroyed'});
    });

    it('usage windows: a key that is "created" rotates; one that is "expired" does not, until its window is wider', async () => {
      const year = new Date().getUTCFullYear();
      const [past, future] = [`${year - 1}-01-01T00:00:00Z`, `${year + 2}-01-01T00:00:00Z`];
      const key = await scene().generate(AES, {policy: {usageWindow: {notBefore: future}}});
      expect(await scene().refusal(key, 'EncryptOperation', text)).to.include({state: 'created'});
      await scene().run(key, 'RotateKeyOperation');
      await scene().run(key, 'UpdateKeyOperation', {policy: {usageWindow: {notAfter: past}}});
      expect(await scene().refusal(key, 'RotateKeyOperation')).to.include({status: 409, state: 'expired'});
      await scene().run(key, 'UpdateKeyOperation', {policy: {usageWindow: {notAfter: future}}});
      expect(await scene().run(key, 'RotateKeyOperation')).to.include({keyVersion: 3});
      await scene().run(key, 'EncryptOperation', text);
    });

    it('an expired key: it derives secrets, which both sides need to read', async () => {
      const notAfter = '2020-01-01T00:00:00Z';
      const type = 'X25519KeyAgreementKey2020';
      const key = await scene().generate(type, {policy: {usageWindow: {notAfter}}});
      const {publicKeyMultibase} = (await scene().get(await scene().generate(type))).json;
      const peer = {publicKey: {type, publicKeyMultibase}};
      expect(await scene().run(key, 'DeriveSecretOperation', peer)).to.have.all.keys('secret');
    });

    it('destroyed versions: public key and certificates are told still', async () => {
      const key = await scene().generate('urn:webkms:multikey:Ed25519');
      const {publicKeyMultibase} = (await scene().get(key)).json;
      await scene().run(key, 'RotateKeyOperation');
      await scene().run(key, 'DisableKeyOperation', {keyVersion: 1});
      await scene().run(key, 'DeleteKeyOperation', {keyVersion: 1});
      expect((await scene().get(`${key}?version=1`)).json).to.include({publicKeyMultibase});
    });

    it('a retired version: it can be destroyed as it is', async () => {
      const key = await scene().generate(AES);
      await scene().run(key, 'RotateKeyOperation');
      expect(await scene().refusal(key, 'DeleteKeyOperation', {keyVersion: 1})).to.include({status: 409});
      await scene().run(key, 'UpdateKeyOperation', {policy: {minDecryptVersion: 2}});
      await scene().run(key, 'DeleteKeyOperation', {keyVersion: 1});
    });

    it('recovery windows: shorter than the policy or the server says is 403', async () => {
      const day = 86_400;
      const key = await scene().generate(AES, {policy: {minDeletionWindowSeconds: 20 * day}});
      const other = await scene().generate(AES);
      const refused = {status: 403, name: 'NotAllowedError', policy: 'minDeletionWindowSeconds'};
      for (const [url, days] of [
        [key, 20],
        [other, 7],
      ] as const) {
        const shorter = {recoveryWindowSeconds: days * day - 1};
        expect(await scene().refusal(url, 'DeleteKeyOperation', shorter)).to.deep.equal(refused);
        await scene().run(url, 'DeleteKeyOperation', {recoveryWindowSeconds: days * day});
      }
    });

    it('"allowedAlgorithms": the type\'s first is asked for where none is', async () => {
      const key = await scene().generate(RSA, {policy: {allowedAlgorithms: ['RS256']}});
      expect(await scene().refusal(key, 'SignOperation', data)).to.deep.equal({
        ...{status: 403, name: 'NotAllowedError', policy: 'allowedAlgorithms'},
      });
      await scene().run(key, 'SignOperation', {...data, algorithm: 'RS256'});
    });

    it("names: not another's, also while that one is pending deletion", async () => {
      const key = await scene().generate(HMAC, {tags: {name: 'kept'}});
      const other = await scene().generate(HMAC);
      await scene().run(key, 'DeleteKeyOperation');
      const tags = {tags: {name: 'kept'}};
      expect(await scene().refusal(other, 'UpdateKeyOperation', tags)).to.include({name: 'DuplicateError'});
      await scene().run(key, 'RestoreKeyOperation');
      await scene().run(key, 'UpdateKeyOperation', {tags: null});
      await scene().run(other, 'UpdateKeyOperation', tags);
    });

    it('names and tags: what they are made of', async () => {
      const key = await scene().generate(HMAC);
      const update = async (tags: object) => (await scene().post(key, 'UpdateKeyOperation', {tags})).status;
      for (const name of ['n', 'Schlüssel', 'a/b:c', 'x'.repeat(128)])
        expect(await update({name})).to.equal(200);
      for (const name of ['', '-n', 'a b', 'x'.repeat(129), 'Schlu\u0308ssel', 'a\u200bb']) {
        expect(await update({name}), JSON.stringify(name)).to.equal(400);
      }
      for (const tag of ['_', '0.:/@+-', 'x'.repeat(64)]) expect(await update({[tag]: ''})).to.equal(200);
      for (const tag of ['', '-x', '.x', 'a=b', 'x'.repeat(65)]) {
        expect(await update({[tag]: ''}), tag).to.equal(400);
      }
    });
  });
});
