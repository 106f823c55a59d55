import {generateKeyPairSync, randomBytes} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {expect} from 'chai';
import {type Answer, useKeyScene} from '../http/endpoints/key-scene.ts';

const AES = 'urn:webkms:symmetric:AES-256-GCM';
const RSA = 'urn:webkms:multikey:RSA-2048';
const KEM = 'urn:webkms:multikey:ML-KEM-768';
const WRAPPING = 'AesKeyWrappingKey2019';

type Json = Readonly<Record<string, unknown>>;

/** Spellings by which bytes may get somewhere: base64url at each of its three offsets, hexadecimal. */
function spellings(secret: string): string[] {
  const bytes = Buffer.from(secret, 'base64url');
  const inner = [0, 1, 2].map((offset) => bytes.subarray(offset, offset + 24).toString('base64url'));
  return [
    ...inner,
    bytes.subarray(0, 24).toString('base64').slice(0, 30),
    bytes.subarray(0, 24).toString('hex'),
  ];
}

describe('hostile: secrets of the key engine are in no log, and in no refusal', () => {
  const scene = useKeyScene({WEBKMS_LOG_LEVEL: 'debug'});
  const secrets: string[] = [];
  const keep = (secret: string): string => {
    expect(Buffer.from(secret, 'base64url').length).to.be.at.least(26);
    secrets.push(secret);
    return secret;
  };
  const fresh = (): string => keep(randomBytes(32).toString('base64url'));

  const importKey = (type: string, keyMaterial: Json, target: Json = {}): Promise<Answer> =>
    scene().post(`${scene().keystore}/keys`, 'ImportKeyOperation', {
      invocationTarget: {type, ...target},
      keyMaterial,
    });

  function expectRefused({status, json}: Answer): void {
    expect(status, JSON.stringify(json)).to.equal(400);
    const text = JSON.stringify(json);
    for (const secret of secrets)
      for (const spelling of spellings(secret)) expect(text).to.not.include(spelling);
  }

  it('at level debug, of whatever is done with keys', async () => {
    const aes = await scene().generate(AES);
    const {ciphertext} = await scene().run(aes, 'EncryptOperation', {plaintext: fresh()});
    await scene().run(aes, 'RotateKeyOperation');
    await scene().run(aes, 'RewrapOperation', {ciphertext});
    await scene().run(aes, 'DecryptOperation', {ciphertext});
    keep((await scene().run(aes, 'GenerateDataKeyOperation')).plaintext);
    const items = [{plaintext: fresh()}, {plaintext: fresh(), algorithm: 'none'}];
    await scene().run(aes, 'BatchOperation', {operation: 'EncryptOperation', items});
    const rsa = await scene().generate(RSA);
    const sealed = await scene().run(rsa, 'EncryptOperation', {plaintext: fresh()});
    await scene().run(rsa, 'DecryptOperation', {ciphertext: sealed.ciphertext});
    const kem = await scene().generate(KEM);
    const {ciphertext: encapsulated, secret} = await scene().run(kem, 'EncapsulateOperation');
    keep(secret);
    await scene().run(kem, 'DecapsulateOperation', {ciphertext: encapsulated});
    const wrapping = await scene().generate(WRAPPING);
    const {wrappedKey} = await scene().run(wrapping, 'WrapKeyOperation', {unwrappedKey: fresh()});
    await scene().run(wrapping, 'UnwrapKeyOperation', {wrappedKey});
    const exported = await importKey(AES, {format: 'raw', data: fresh()}, {policy: {exportable: true}});
    expect(exported.status).to.equal(200);
    await scene().run(exported.json.keyId, 'ExportKeyOperation', {plaintext: true});
  });

  it('nor of what is refused', async () => {
    const {privateKey} = generateKeyPairSync('rsa', {modulusLength: 2048});
    const jwk = privateKey.export({format: 'jwk'}) as Record<string, string>;
    for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi']) keep(jwk[member]!);
    const pkcs8 = keep(privateKey.export({format: 'der', type: 'pkcs8'}).toString('base64url'));
    const k = fresh();
    const other = generateKeyPairSync('rsa', {modulusLength: 2048}).privateKey.export({format: 'jwk'});
    for (const [type, keyMaterial] of [
      [RSA, {format: 'jwk', jwk: {...jwk, dp: other.dp}}],
      [RSA, {format: 'jwk', jwk: {...jwk, n: other.n}}],
      [RSA, {format: 'jwk', jwk: {...jwk, key_ops: [jwk['d']]}}],
      [RSA, {format: 'jwk', jwk: {...jwk, alg: jwk['d']}}],
      [RSA, {format: 'jwk', jwk: {...jwk, d: `${jwk['d']!}!`}}],
      [RSA, {format: 'jwk', jwk: jwk['d']}],
      [RSA, {format: 'jwk', jwk: [jwk['d']]}],
      [RSA, {format: 'jwk', jwk, data: pkcs8}],
      [RSA, {format: jwk['d'], jwk}],
      [RSA, {format: 'pkcs8', data: pkcs8.slice(0, -8)}],
      [RSA, {format: 'pkcs8', data: `${pkcs8}=`}],
      ['urn:webkms:multikey:P-256', {format: 'pkcs8', data: pkcs8}],
      ['Ed25519VerificationKey2020', {format: 'jwk', jwk: {kty: 'OKP', crv: 'Ed25519', d: k, x: k}}],
      [AES, {format: 'jwk', jwk: {kty: 'oct', k, alg: k}}],
      [AES, {format: 'jwk', jwk: {kty: 'oct', k: `${k}AAAA`}}],
      [AES, {format: 'raw', data: `${k}AAAA`}],
      [AES, {format: 'raw', data: k, [k]: k}],
      [AES, {format: 'raw', importToken: k, wrappedKey: k, encryptedWrappingKey: k}],
    ] as const) {
      expectRefused(await importKey(type, keyMaterial));
    }
    const aes = await scene().generate(AES);
    const plaintext = fresh();
    for (const members of [
      {plaintext: `${plaintext}=`},
      {plaintext, algorithm: plaintext.slice(0, 32)},
      {plaintext, [plaintext]: 1},
    ])
      expectRefused(await scene().post(aes, 'EncryptOperation', members));
    const signed = await scene().generate('urn:webkms:multikey:P-256');
    expectRefused(await scene().post(signed, 'EncryptOperation', {plaintext}));
  });

  it('of all that, none is in the log or the database', () => {
    const {log, server} = scene().scene;
    expect(log.text).to.include('"status":200').and.include('"why":');
    expect(log.text).to.include('key exported');
    const files = ['webkms.db', 'webkms.db-wal'].map((name) => readFileSync(`${server.dataDir}/${name}`));
    for (const secret of secrets) {
      for (const spelling of spellings(secret)) expect(log.text).to.not.include(spelling);
      const bytes = Buffer.from(secret, 'base64url').subarray(0, 24);
      for (const file of files) expect(file.includes(bytes)).to.equal(false);
    }
  });
});
