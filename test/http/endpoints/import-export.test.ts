import {constants, createPublicKey, publicEncrypt} from 'node:crypto';
import {expect} from 'chai';
import {CompactSign, compactVerify, exportJWK, generateKeyPair, importJWK} from 'jose';
import {wrapForTransport} from '../../../lib/keys/key-transport.ts';
import {HostileScene} from '../../hostile/support/hostile-scene.ts';
import {controller} from '../../support/did-key.ts';
import {send, type WireResponse} from '../../support/raw-client.ts';
import {signedRequest, type SignedRequestOptions} from '../../support/signed-request.ts';

type Json = Readonly<Record<string, unknown>>;
type Changes = Partial<SignedRequestOptions>;

const P256 = 'urn:webkms:multikey:P-256';
const EXPORTABLE = {policy: {exportable: true}};
const base64url = (bytes: Uint8Array | string): string => Buffer.from(bytes).toString('base64url');

/** A server over HTTPS, with a store of its own and a keystore. */
class Place {
  readonly scene: HostileScene;
  readonly owner = controller('owner of keys');
  readonly keystore: string;
  #sent = 0;

  private constructor(scene: HostileScene, keystore: string) {
    this.scene = scene;
    this.keystore = keystore;
  }

  static async start(environment: Readonly<Record<string, string>> = {}): Promise<Place> {
    const scene = await HostileScene.start(environment);
    const {id} = await scene.createKeystore(controller('owner of keys'));
    return new Place(scene, id);
  }

  request(type: string, {url, ...members}: Json & {readonly url: string}, changes: Changes = {}) {
    const action = type.charAt(0).toLowerCase() + type.slice(1, -'Operation'.length);
    const json = {type, invocationTarget: url, ...members};
    // Two requests that say the same within a second would be one.
    const overrides = ({created}: {readonly created: string}) => ({
      expires: String(Number(created) + 100 + this.#sent++),
    });
    return signedRequest({url, json, action, signer: this.owner, overrides, ...changes});
  }

  async post(type: string, options: Json & {readonly url: string}, changes?: Changes): Promise<WireResponse> {
    return this.scene.send(this.request(type, options, changes));
  }

  async run(type: string, options: Json & {readonly url: string}): Promise<Json> {
    const response = await this.post(type, options);
    expect(response.status, response.text).to.equal(200);
    return response.json as Json;
  }

  async parameters(): Promise<{publicKey: string; importToken: string; expires: string}> {
    const invocationTarget = {type: 'ImportParameters'};
    const reply = await this.post(
      'GetImportParametersOperation',
      {url: `${this.keystore}/keys`, invocationTarget},
      {action: 'importKey'},
    );
    expect(reply.status, reply.text).to.equal(200);
    return reply.json as Awaited<ReturnType<Place['parameters']>>;
  }

  async tryImport(keyMaterial: Json, target: Json = {}, changes?: Changes): Promise<WireResponse> {
    const invocationTarget = {type: P256, ...target};
    return this.post(
      'ImportKeyOperation',
      {url: `${this.keystore}/keys`, invocationTarget, keyMaterial},
      changes,
    );
  }

  async import(keyMaterial: Json, target?: Json): Promise<string> {
    const response = await this.tryImport(keyMaterial, target);
    expect(response.status, response.text).to.equal(200);
    const {keyId} = response.json as {keyId: string};
    expect(response.headers['location']).to.equal(keyId);
    return keyId;
  }

  async generate(target: Json): Promise<string> {
    return this.scene.generateKey({owner: this.owner, keystore: this.keystore}, target);
  }
}

describe('import and export over HTTPS', () => {
  let a: Place;
  let b: Place;
  before(async () => {
    [a, b] = await Promise.all([Place.start(), Place.start({WEBKMS_MAX_KEYS_PER_KEYSTORE: '3'})]);
  });
  after(async () => Promise.all([a.scene.stop(), b.scene.stop()]));

  const refused = ({status, json}: WireResponse): Json => {
    const {name, message, details} = json as Json;
    return {status, name, message, ...(details !== undefined && {details})};
  };
  const DATA = base64url('data');

  it('a key goes from one server to another, and nobody on the way sees it', async () => {
    const there = await a.generate({type: P256, ...EXPORTABLE});
    a.scene.log.clear();
    b.scene.log.clear();
    const {publicKey, importToken, expires} = await b.parameters();
    expect(Date.parse(expires) - Date.now()).to.be.within(3_500_000, 3_600_000);
    const exported = await a.post('ExportKeyOperation', {url: there, recipient: {publicKey}});
    expect(exported.status, exported.text).to.equal(200);
    const {format, keyVersion, ...wrapped} = exported.json as Json;
    expect({format, keyVersion}).to.deep.equal({format: 'jwk', keyVersion: 1});
    expect(Object.keys(wrapped)).to.have.members(['wrappedKey', 'encryptedWrappingKey']);
    const here = await b.import({format, importToken, ...wrapped}, EXPORTABLE);

    const {signatureValue} = await b.run('SignOperation', {url: here, verifyData: DATA});
    const verified = await a.run('VerifyOperation', {url: there, verifyData: DATA, signatureValue});
    expect(verified['verified']).to.equal(true);
    const other = base64url('other data');
    const wrong = await a.run('VerifyOperation', {url: there, verifyData: other, signatureValue});
    expect(wrong['verified']).to.equal(false);

    const lines = a.scene.log.text + b.scene.log.text;
    const {jwk} = await a.run('ExportKeyOperation', {url: there, plaintext: true});
    const {d} = jwk as {d: string};
    expect(d).to.have.length(43);
    for (const text of [exported.text, lines, a.scene.log.text]) {
      expect(text).to.not.include(d);
      expect(text).to.not.include(Buffer.from(d, 'base64url').toString('base64'));
    }
    expect((await b.run('ExportKeyOperation', {url: here, plaintext: true}))['jwk']).to.deep.equal(jwk);
  });

  it('says in the log that a key left, to whom it left readable or not, and nothing of it', async () => {
    const key = await a.generate({type: P256, ...EXPORTABLE});
    a.scene.log.clear();
    await a.run('ExportKeyOperation', {url: key, plaintext: true, format: 'pkcs8'});
    const line = a.scene.log.text.split('\n').find((text) => text.includes('key exported'))!;
    expect(JSON.parse(line)).to.include({key, keyVersion: 1, format: 'pkcs8', wrapped: false});
  });

  it('a key of jose signs here, and jose verifies; it comes back, signs there, and is verified here', async () => {
    const pair = await generateKeyPair('ES256', {extractable: true});
    const jwk = await exportJWK(pair.privateKey);
    const key = await a.import(
      {format: 'jwk', jwk: {...jwk, alg: 'ES256', use: 'sig', kid: '1'}},
      EXPORTABLE,
    );
    const input = `${base64url('{"alg":"ES256"}')}.${base64url('payload')}`;
    const {signatureValue} = await a.run('SignOperation', {url: key, verifyData: base64url(input)});
    const {payload} = await compactVerify(`${input}.${String(signatureValue)}`, pair.publicKey);
    expect(Buffer.from(payload).toString()).to.equal('payload');

    const exported = await a.run('ExportKeyOperation', {url: key, plaintext: true});
    const back = await importJWK(exported['jwk'] as Json, 'ES256');
    const jws = await new CompactSign(Buffer.from('more')).setProtectedHeader({alg: 'ES256'}).sign(back);
    const [head = '', body = '', signature] = jws.split('.');
    const reply = await a.run('VerifyOperation', {
      url: key,
      verifyData: base64url(`${head}.${body}`),
      signatureValue: signature,
    });
    expect(reply['verified']).to.equal(true);
  });

  it('an RSA key decrypts here what was encrypted elsewhere', async () => {
    const type = 'urn:webkms:multikey:RSA-2048';
    const {privateKey, publicKey} = await generateKeyPair('RSA-OAEP-256', {extractable: true});
    const jwk = await exportJWK(privateKey);
    const key = await a.import({format: 'jwk', jwk}, {type, keyOps: ['encrypt', 'decrypt']});
    const recipient = createPublicKey({key: await exportJWK(publicKey), format: 'jwk'});
    const options = {key: recipient, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256'};
    const ciphertext = `webkms:v1:${base64url(publicEncrypt(options, Buffer.from('secret')))}`;
    const {plaintext} = await a.run('DecryptOperation', {url: key, ciphertext});
    expect(plaintext).to.equal(base64url('secret'));
  });

  it('a token serves one import; what does not open gets one answer, and uses it up', async () => {
    const jwk = Buffer.from(
      JSON.stringify(await exportJWK((await generateKeyPair('ES256', {extractable: true})).privateKey)),
    );
    const wrap = async () => {
      const {publicKey, importToken} = await a.parameters();
      const key = createPublicKey({key: Buffer.from(publicKey, 'base64url'), format: 'der', type: 'spki'});
      const {wrappedKey, encryptedWrappingKey} = wrapForTransport(key, jwk);
      const [first, second] = [base64url(wrappedKey), base64url(encryptedWrappingKey)];
      return {format: 'jwk', importToken, wrappedKey: first, encryptedWrappingKey: second};
    };
    const used = {
      status: 400,
      name: 'DataError',
      message: 'The import token is not good for this keystore, or no longer: ask for another.',
    };
    const failed = {status: 400, name: 'OperationError', message: 'The operation failed.'};
    const good = await wrap();
    const race = await Promise.all(
      [1, 2, 3].map(async () => {
        const invocationTarget = {type: P256};
        const url = `${a.keystore}/keys`;
        const request = a.request('ImportKeyOperation', {url, invocationTarget, keyMaterial: good});
        return a.scene.sendAlone(request);
      }),
    );
    expect(race.map(({status}) => status).sort()).to.deep.equal([200, 400, 400]);
    expect(refused(await a.tryImport(good))).to.deep.equal(used);
    const material = await wrap();
    const garbage = {...material, wrappedKey: base64url(Buffer.alloc(24, 7))};
    expect(refused(await a.tryImport(garbage))).to.deep.equal(failed);
    expect(refused(await a.tryImport(material))).to.deep.equal(used);
    const noKey = {...(await wrap()), encryptedWrappingKey: base64url(Buffer.alloc(384, 1))};
    expect(refused(await a.tryImport(noKey))).to.deep.equal(failed);
    expect(refused(await b.tryImport(await wrap())), 'elsewhere').to.deep.equal(used);
  });

  it('a token serves one import on all nodes of a store', async () => {
    const node = await a.scene.startNode();
    const {publicKey, importToken} = await a.parameters();
    const key = createPublicKey({key: Buffer.from(publicKey, 'base64url'), format: 'der', type: 'spki'});
    const {wrappedKey, encryptedWrappingKey} = wrapForTransport(key, Buffer.alloc(32, 7));
    const keyMaterial = {
      format: 'raw',
      importToken,
      wrappedKey: base64url(wrappedKey),
      encryptedWrappingKey: base64url(encryptedWrappingKey),
    };
    const invocationTarget = {type: 'Sha256HmacKey2019'};
    const members = {url: `${a.keystore}/keys`, invocationTarget, keyMaterial};
    const requests = [1, 2, 3, 4].map(() => a.request('ImportKeyOperation', members));
    const replies = await Promise.all(
      requests.map((request, i) => send(i % 2 === 0 ? a.scene.server : node, request)),
    );
    expect(replies.map(({status}) => status).sort()).to.deep.equal([200, 400, 400, 400]);
  });

  it('a signed request exports once', async () => {
    const key = await a.generate({type: P256, ...EXPORTABLE});
    const request = a.request('ExportKeyOperation', {url: key, plaintext: true});
    expect((await a.scene.send(request)).status).to.equal(200);
    const again = await a.scene.send(request);
    expect(again.status).to.equal(403);
    expect(again.text).to.include('accepted before').and.not.include('"jwk"');
  });

  it('a key leaves only where its policy lets it, and as long as it does', async () => {
    const message = 'The key was not made exportable, or is so no longer.';
    const not = {status: 403, name: 'NotAllowedError', message, details: {policy: 'exportable'}};
    const kept = await a.generate({type: P256});
    const {publicKey} = await a.parameters();
    for (const members of [{plaintext: true}, {recipient: {publicKey}}])
      expect(refused(await a.post('ExportKeyOperation', {url: kept, ...members}))).to.deep.equal(not);
    const key = await a.generate({type: P256, ...EXPORTABLE});
    await a.run('ExportKeyOperation', {url: key, plaintext: true});
    await a.run('UpdateKeyOperation', {url: key, policy: {exportable: false}});
    expect(refused(await a.post('ExportKeyOperation', {url: key, plaintext: true}))).to.deep.equal(not);
    await a.run('DisableKeyOperation', {url: key});
    const disabled = refused(await a.post('ExportKeyOperation', {url: key, plaintext: true}));
    expect(disabled).to.deep.include({status: 409, name: 'InvalidStateError', details: {state: 'disabled'}});
  });

  it('each takes its own action', async () => {
    const key = await a.generate({type: P256, ...EXPORTABLE});
    const {jwk} = await a.run('ExportKeyOperation', {url: key, plaintext: true});
    const material = {format: 'jwk', jwk};
    for (const action of ['sign', 'read', 'generateKey'])
      expect((await a.post('ExportKeyOperation', {url: key, plaintext: true}, {action})).status).to.equal(
        403,
      );
    for (const action of ['generateKey', 'exportKey'])
      expect((await a.tryImport(material, {}, {action})).status).to.equal(403);
    const signer = controller('stranger');
    expect((await a.tryImport(material, {}, {signer})).status).to.equal(403);
    expect((await a.post('ExportKeyOperation', {url: key, plaintext: true}, {signer})).status).to.equal(403);
    await a.import(material);
  });

  it('names and quotas are those of every key', async () => {
    const {privateKey} = await generateKeyPair('ES256', {extractable: true});
    const material = {format: 'jwk', jwk: await exportJWK(privateKey)};
    const tags = {name: 'once'};
    await b.import(material, {tags});
    expect((await b.tryImport(material, {tags})).status).to.equal(409);
    let last = await b.tryImport(material);
    for (let i = 0; i < 3 && last.status === 200; i++) last = await b.tryImport(material);
    expect(refused(last)).to.include({status: 429, name: 'QuotaExceededError'});
  });

  it('hostile material is refused, and not repeated', async () => {
    const {privateKey} = await generateKeyPair('ES256', {extractable: true});
    const jwk = (await exportJWK(privateKey)) as Json & {d: string};
    const long = 'A'.repeat(60_000);
    const many = Object.fromEntries(Array.from({length: 65}, (_, i) => [`m${i}`, i]));
    const bad: Json[] = [
      {format: 'jwk', jwk: {...jwk, d: long}},
      {format: 'jwk', jwk: {...jwk, crv: {[jwk.d]: 1}}},
      {format: 'jwk', jwk: {...jwk, x: jwk['y']}},
      {format: 'jwk', jwk: {...jwk, ...many}},
      {format: 'jwk', jwk: [jwk]},
      {format: 'jwk', jwk: jwk.d},
      {format: 'pkcs8', data: long},
      {format: 'pkcs8', data: jwk.d},
      {format: 'raw', data: jwk.d},
      {format: 'pem', data: jwk.d},
      {format: 'jwk', jwk, passphrase: jwk.d},
      {format: 'jwk', importToken: long.slice(0, 4096), wrappedKey: jwk.d, encryptedWrappingKey: jwk.d},
      {},
    ];
    a.scene.log.clear();
    for (const material of bad) {
      const {status, text} = await a.tryImport(material);
      expect(status, text).to.equal(400);
      expect(text).to.not.include(jwk.d);
    }
    const parts = JSON.stringify({
      type: 'ImportKeyOperation',
      invocationTarget: {type: P256},
      keyMaterial: {format: 'jwk', jwk},
    });
    const polluted = parts.replace('"crv"', '"__proto__":{"crv":"P-256"},"crv"');
    const url = `${a.keystore}/keys`;
    const reply = await a.scene.send(
      signedRequest({url, body: polluted, action: 'importKey', signer: a.owner}),
    );
    expect(reply.status).to.equal(400);
    expect(a.scene.log.text).to.not.include(jwk.d);
    await a.import({format: 'jwk', jwk});
  });
});
