import {createPublicKey, randomBytes, verify} from 'node:crypto';
import {decode} from 'base58-universal';
import {expect} from 'chai';
import {KEY_TYPES, type KeyType} from '../../lib/keys/key-types.ts';
import {until} from '../maintenance/until.ts';
import {admin, adminCommand} from '../support/admin-command.ts';
import type {DatabaseServer} from '../support/database-server.ts';
import {useMongoJavaServer} from '../support/mongo-java-server.ts';
import {usePostgres} from '../support/postgres-server.ts';
import {ModuleScene} from './module-scene.ts';

const ED25519 = 'Ed25519VerificationKey2020';
const HMAC = 'Sha256HmacKey2019';
const AES = 'urn:webkms:symmetric:AES-256-GCM';
const DATA = Buffer.from('data');
const VERIFY_DATA = DATA.toString('base64url');

/** What of keys in a module stands in the store: over every kind of it. */
function describeServedModule(
  name: string,
  useDatabase?: () => Pick<DatabaseServer, 'createDatabase'>,
): void {
  describe(`a key module of somebody else, served over ${name}`, function () {
    this.timeout(60_000);
    const database = useDatabase?.();
    const closing = new AsyncDisposableStack();
    let scene: ModuleScene;
    before(async () => {
      const url = await database?.createDatabase();
      scene = await ModuleScene.start(url === undefined ? {} : {WEBKMS_STORAGE: url});
      closing.defer(() => scene.stop());
    });
    after(() => closing.disposeAsync());

    it('makes keys, and uses them, for the official client', async () => {
      const keystore = await scene.createKeystore();
      const kms = scene.clients.kms(keystore);
      const invocationSigner = scene.owner.signer;
      const {keyId, keyDescription} = await kms.generateKey({type: ED25519, invocationSigner});
      const signature = await kms.sign({keyId, data: DATA, invocationSigner});
      const raw = decode(String(keyDescription.publicKeyMultibase).slice(1)).subarray(2);
      const x = Buffer.from(raw).toString('base64url');
      const publicKey = createPublicKey({key: {kty: 'OKP', crv: 'Ed25519', x}, format: 'jwk'});
      expect(verify(null, DATA, publicKey, signature)).to.equal(true);
      const mac = await kms.generateKey({type: HMAC, invocationSigner});
      const macValue = await kms.sign({keyId: mac.keyId, data: DATA, invocationSigner});
      const of = {keyId: mac.keyId, signature: macValue, invocationSigner};
      expect(await kms.verify({...of, data: DATA})).to.equal(true);
      expect(await kms.verify({...of, data: Buffer.from('other')})).to.equal(false);
      expect(scene.module.made.at(-1)).to.deep.include({keystoreId: keystore, type: HMAC, version: 1});
    });

    it('rotates, and erases what is destroyed, at once and after the recovery window', async () => {
      const keystore = await scene.createKeystore();
      const key = await scene.generateKey(keystore, AES);
      const {ciphertext: first} = await scene.run(key, 'EncryptOperation', {plaintext: VERIFY_DATA});
      await scene.run(key, 'RotateKeyOperation');
      await scene.run(key, 'RotateKeyOperation');
      const {size} = scene.module;
      expect((await scene.run(key, 'DecryptOperation', {ciphertext: first}))['plaintext']).to.equal(
        VERIFY_DATA,
      );
      await scene.run(key, 'DisableKeyOperation', {keyVersion: 1});
      expect(scene.module.size).to.equal(size);
      await scene.run(key, 'DeleteKeyOperation', {keyVersion: 1});
      expect(scene.module.size).to.equal(size - 1);
      expect((await scene.operate(key, 'DecryptOperation', {ciphertext: first})).status).to.equal(409);
      await scene.run(key, 'DeleteKeyOperation', {recoveryWindowSeconds: 1});
      expect(scene.module.size).to.equal(size - 1);
      await until(async () => scene.module.size === size - 3);
      expect((await scene.get(key)).status).to.equal(404);
    });

    it('erases the oldest versions that a rotation leaves over', async () => {
      const keystore = await scene.createKeystore();
      const key = await scene.generateKey(keystore, HMAC, {
        policy: {maxVersions: 2, destroyUsableVersions: true},
      });
      const {size} = scene.module;
      for (let rotation = 0; rotation < 4; rotation++) await scene.run(key, 'RotateKeyOperation');
      expect(scene.module.size).to.equal(size + 1);
      const {signatureValue} = await scene.run(key, 'SignOperation', {verifyData: VERIFY_DATA});
      expect(await scene.run(key, 'VerifyOperation', {verifyData: VERIFY_DATA, signatureValue})).to.include({
        verified: true,
      });
    });

    it('is changed no more, once a keystore has it', async () => {
      const keystore = await scene.createKeystore();
      const update = (kmsModule: string) =>
        scene.post(keystore, {id: keystore, sequence: 1, controller: scene.owner.did, kmsModule}, 'write');
      const refused = await update('software');
      expect([refused.status, refused.json['name']]).to.deep.equal([409, 'InvalidStateError']);
      expect((await scene.get(keystore)).json).to.include({kmsModule: 'hsm', sequence: 0});
      expect((await update('hsm')).status).to.equal(200);
    });
  });
}

describeServedModule('SQLite');
describeServedModule('PostgreSQL', usePostgres);
describeServedModule('MongoDB', useMongoJavaServer);

describe('several key modules', function () {
  this.timeout(60_000);
  let scene: ModuleScene;
  let hsm: string;
  before(async () => {
    scene = await ModuleScene.start({WEBKMS_MAX_KEYS_PER_KEYSTORE: '3'});
    hsm = await scene.createKeystore();
  });
  after(() => scene.stop());

  it('serve their keystores side by side; who asks for none gets the first', async () => {
    const software = await scene.createKeystore({});
    expect((await scene.get(software)).json).to.include({kmsModule: 'software'});
    const before = scene.module.size;
    const keys = [await scene.generateKey(software, ED25519), await scene.generateKey(hsm, ED25519)];
    expect(scene.module.size).to.equal(before + 1);
    for (const key of keys) await scene.run(key, 'SignOperation', {verifyData: VERIFY_DATA});
    expect(await scene.metadata(keys[0]!)).to.include({kmsModule: 'software', extractable: true});
    expect(await scene.metadata(keys[1]!))
      .to.include({kmsModule: 'hsm', extractable: false})
      .and.to.deep.include({operations: ['sign', 'verify'], algorithms: ['EdDSA']});
  });

  it('that are not offered are refused, and nothing is made', async () => {
    const json = {sequence: 0, controller: scene.owner.did, kmsModule: 'pkcs12'};
    const refused = await scene.post(scene.clients.keystoresUrl, json, 'write');
    expect([refused.status, refused.json['name']]).to.deep.equal([400, 'DataError']);
    expect(refused.json['details']).to.deep.equal({offered: ['software', 'ssm-v1', 'hsm']});
  });

  it('refuse what they do not have before anything is made', async () => {
    const {size} = scene.module;
    const supported = [ED25519, HMAC, AES];
    for (const {name} of Object.values(KEY_TYPES)) {
      if (supported.includes(name)) continue;
      const {status, json} = await scene.generate(hsm, {type: name});
      expect([status, json['name']], name).to.deep.equal([400, 'NotSupportedError']);
      expect(json['details'], name).to.deep.equal({supported});
    }
    const exportable = await scene.generate(hsm, {type: ED25519, policy: {exportable: true}});
    expect([exportable.status, exportable.json['name']]).to.deep.equal([400, 'NotSupportedError']);
    expect(exportable.json['message']).to.contain('does not let keys of this type leave');
    const imported = async (type: KeyType) => {
      const keyMaterial = {format: 'raw', data: randomBytes(32).toString('base64url')};
      const json = {type: 'ImportKeyOperation', invocationTarget: {type}, keyMaterial};
      return scene.post(`${hsm}/keys`, json, 'importKey');
    };
    const refused = await imported(AES);
    expect([refused.status, refused.json['name']]).to.deep.equal([400, 'NotSupportedError']);
    expect(scene.module.size).to.equal(size);
    expect((await imported(HMAC)).status).to.equal(200);
    expect(scene.module.size).to.equal(size + 1);
  });

  it('keep nothing of a key that was made and then not stored', async () => {
    const keystore = await scene.createKeystore();
    for (let key = 0; key < 3; key++) await scene.generateKey(keystore, HMAC);
    const [{size}, {length}] = [scene.module, scene.module.made];
    expect((await scene.generate(keystore, {type: HMAC})).status).to.equal(429);
    expect(scene.module.made).to.have.length(length + 1);
    expect(scene.module.size).to.equal(size);
  });

  it('that do not erase are complained of, and the key is gone all the same', async () => {
    const keystore = await scene.createKeystore();
    const key = await scene.generateKey(keystore, HMAC);
    await scene.run(key, 'RotateKeyOperation');
    await scene.run(key, 'DisableKeyOperation', {keyVersion: 1});
    scene.module.isStuck = true;
    const {size} = scene.module;
    await scene.run(key, 'DeleteKeyOperation', {keyVersion: 1});
    scene.module.isStuck = false;
    expect(scene.module.size).to.equal(size);
    const line = scene.log.map((text) => JSON.parse(text) as Record<string, unknown>);
    expect(line.find(({msg}) => String(msg).includes('could not erase it'))).to.include({key, version: 1});
  });

  it('that cannot be reached make their own keystores unavailable, and no others', async () => {
    const key = await scene.generateKey(await scene.createKeystore(), ED25519);
    const software = await scene.generateKey(await scene.createKeystore({kmsModule: 'software'}), ED25519);
    const sign = (url: string) => scene.operate(url, 'SignOperation', {verifyData: VERIFY_DATA});
    scene.module.isAway = true;
    const refused = await sign(key);
    expect([refused.status, refused.json['name']]).to.deep.equal([503, 'UnavailableError']);
    expect(refused.headers['retry-after']).to.equal('1');
    expect(refused.json['message']).to.equal('The key module cannot be used now.');
    expect((await sign(software)).status).to.equal(200);
    scene.module.isAway = false;
    expect((await sign(key)).status).to.equal(200);
  });

  it('that a server does not offer make their keystores unavailable there; what needs no key goes on', async () => {
    const key = await scene.generateKey(await scene.createKeystore(), ED25519);
    const software = await scene.generateKey(await scene.createKeystore({}), ED25519);
    const sign = {verifyData: VERIFY_DATA};
    const node = await scene.startNode('software');
    try {
      const refused = await scene.operate(key, 'SignOperation', sign, node);
      expect([refused.status, refused.json['name']]).to.deep.equal([503, 'UnavailableError']);
      expect(refused.json['message']).to.contain('not offered by this server now');
      expect((await scene.operate(key, 'DisableKeyOperation', {}, node)).status).to.equal(200);
      expect((await scene.operate(software, 'SignOperation', sign, node)).status).to.equal(200);
    } finally {
      await node.stop();
    }
    await scene.run(key, 'EnableKeyOperation');
    const again = await scene.startNode('hsm=<hsm>,software');
    try {
      expect((await scene.operate(key, 'SignOperation', sign, again)).status).to.equal(200);
    } finally {
      await again.stop();
    }
  });

  it('are asked for their keys by an admin’s check', async () => {
    const key = await scene.generateKey(await scene.createKeystore(), HMAC);
    const {dataDir} = scene.server;
    expect(await admin(['check'], {dataDir})).to.not.contain(key);
    await scene.module.losesAll();
    const {status, out, err} = await adminCommand(['check'], {dataDir});
    expect(status).to.not.equal(0);
    expect(out + err)
      .to.contain(key.split('/').at(-1))
      .and.to.contain('does not open');
  });
});
