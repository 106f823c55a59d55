import {
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  decapsulate,
  encapsulate,
  type KeyObject,
  verify,
} from 'node:crypto';
import {expect} from 'chai';
import {
  compactDecrypt,
  CompactEncrypt,
  CompactSign,
  compactVerify,
  FlattenedEncrypt,
  importJWK,
  type JWK,
} from 'jose';
import type {KeyVersion} from '../../../lib/key-modules/key-module.ts';
import {SoftwareKeyModule} from '../../../lib/key-modules/software/software-key-module.ts';
import {KEY_TYPES, type KeyTypeDescriptor} from '../../../lib/keys/key-types.ts';
import {digestFor, flipBit, newKey} from '../fixtures.ts';
import {MemoryWrappers} from '../memory-wrappers.ts';

const SECP256K1 = 'urn:webkms:multikey:secp256k1';
const DATA = Buffer.from('data');
const base64url = (bytes: Uint8Array | string) => Buffer.from(bytes).toString('base64url');

/** The public key, made by nothing of ours. */
function publicKeyObject({algorithm}: KeyTypeDescriptor, {publicKey}: KeyVersion): KeyObject {
  const key = Buffer.from(publicKey!);
  if (algorithm.startsWith('RSA')) return createPublicKey({key, format: 'der', type: 'pkcs1'});
  const [kind, ...curve] = algorithm.split('-');
  return kind === 'ECDSA'
    ? createPublicKey({key, format: 'raw-public', asymmetricKeyType: 'ec', namedCurve: curve.join('-')})
    : createPublicKey({key, format: 'raw-public', asymmetricKeyType: 'ed25519'});
}

const publicJwk = (keyType: KeyTypeDescriptor, key: KeyVersion): JWK =>
  publicKeyObject(keyType, key).export({format: 'jwk'});

describe('software key module: JOSE', () => {
  const module = new SoftwareKeyModule({wrappers: new MemoryWrappers()});
  after(() => module.close());

  for (const keyType of Object.values(KEY_TYPES)) {
    if (!/^(?:ECDSA|RSA|Ed25519)/.test(keyType.algorithm)) continue;
    // jose 6 has no secp256k1.
    if (keyType.name === SECP256K1) continue;

    it(`${keyType.name}: jose verifies what it signs, data and digests, from the public JWK`, async function () {
      this.timeout(120_000);
      const key = await newKey(module, keyType.name);
      const jwk = publicJwk(keyType, key);
      for (const alg of keyType.signatureAlgorithms ?? []) {
        const signingInput = `${base64url(JSON.stringify({alg}))}.${base64url('payload')}`;
        const data = Buffer.from(signingInput);
        const digest = digestFor(alg, data);
        const signatures = [await module.sign(key, data, {algorithm: alg})];
        if (digest) signatures.push(await module.sign(key, digest, {algorithm: alg, prehashed: true}));
        for (const signature of signatures) {
          const jws = `${signingInput}.${base64url(signature)}`;
          const {payload} = await compactVerify(jws, await importJWK(jwk, alg), {algorithms: [alg]});
          expect(Buffer.from(payload).toString(), alg).to.equal('payload');
          const bad = `${signingInput}.${base64url(flipBit(signature, 100))}`;
          const refusal = await compactVerify(bad, await importJWK(jwk, alg)).catch(
            (error: unknown) => error,
          );
          expect(refusal, alg).to.have.property('code', 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
        }
      }
    });
  }

  it(`${SECP256K1}: node:crypto verifies what it signs, data and digests`, async () => {
    const key = await newKey(module, SECP256K1);
    const options = {key: publicKeyObject(KEY_TYPES[SECP256K1], key), dsaEncoding: 'ieee-p1363'} as const;
    for (const signature of [
      await module.sign(key, DATA, {algorithm: 'ES256K'}),
      await module.sign(key, digestFor('ES256K', DATA)!, {algorithm: 'ES256K', prehashed: true}),
    ]) {
      expect(verify('sha256', DATA, options, signature)).to.equal(true);
      expect(verify('sha256', DATA, options, flipBit(signature, 100))).to.equal(false);
    }
  });

  for (const alg of ['ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87'] as const) {
    it(`${alg}: node:crypto verifies what it signs, from the public JWK`, async () => {
      const key = await newKey(module, `urn:webkms:multikey:${alg}`);
      const jwk = {kty: 'AKP', alg, pub: base64url(key.publicKey!)};
      const publicKey = createPublicKey({key: jwk, format: 'jwk'});
      const signature = await module.sign(key, DATA);
      expect(verify(null, DATA, publicKey, signature)).to.equal(true);
      expect(verify(null, DATA, publicKey, flipBit(signature, 100))).to.equal(false);
    });
  }

  it('ML-KEM-768: node:crypto finds the secret with the exported seed, and encapsulates to the public key', async () => {
    const key = await newKey(module, 'urn:webkms:multikey:ML-KEM-768');
    const {secret, ciphertext} = await module.encapsulate(key);
    const seed = Buffer.from(await module.exportKey(key));
    const asymmetricKeyType = 'ml-kem-768';
    const privateKey = createPrivateKey({key: seed, format: 'raw-seed', asymmetricKeyType});
    expect(decapsulate(privateKey, ciphertext)).to.deep.equal(Buffer.from(secret));
    const raw = Buffer.from(key.publicKey!);
    const theirs = encapsulate(createPublicKey({key: raw, format: 'raw-public', asymmetricKeyType}));
    expect(Buffer.from(await module.decapsulate(key, theirs.ciphertext))).to.deep.equal(theirs.sharedKey);
  });

  it('Sha256HmacKey2019: verifies what jose signs with the exported key', async () => {
    const key = await newKey(module, 'Sha256HmacKey2019');
    const secret = await module.exportKey(key);
    const jws = await new CompactSign(Buffer.from('payload')).setProtectedHeader({alg: 'HS256'}).sign(secret);
    const [header, payload, tag] = jws.split('.');
    const data = Buffer.from(`${header}.${payload}`);
    expect(await module.verify(key, data, Buffer.from(tag!, 'base64url'))).to.equal(true);
    expect(base64url(await module.sign(key, data))).to.equal(tag);
  });

  for (const size of [2048, 3072, 4096] as const) {
    const type = `urn:webkms:multikey:RSA-${size}` as const;
    it(`${type}: jose encrypts to the public JWK, and the module decrypts`, async function () {
      this.timeout(120_000);
      const key = await newKey(module, type);
      const jwk = publicJwk(KEY_TYPES[type], key);
      const jwe = await new CompactEncrypt(Buffer.from('plaintext'))
        .setProtectedHeader({alg: 'RSA-OAEP-256', enc: 'A256GCM'})
        .encrypt(await importJWK(jwk, 'RSA-OAEP-256'));
      const [header, ...parts] = jwe.split('.');
      const [wrapped, nonce, ciphertext, tag] = parts.map((part) => Buffer.from(part, 'base64url'));
      const contentKey = await module.decrypt(key, wrapped!);
      const decipher = createDecipheriv('aes-256-gcm', createSecretKey(contentKey!), nonce!, {
        authTagLength: 16,
      })
        .setAAD(Buffer.from(header!))
        .setAuthTag(tag!);
      expect(decipher.update(ciphertext!, undefined, 'utf8') + decipher.final('utf8')).to.equal('plaintext');
    });
  }

  it('AES-256-GCM: opens what jose seals with the exported key, and the other way', async () => {
    const key = await newKey(module, 'urn:webkms:symmetric:AES-256-GCM');
    const secret = await module.exportKey(key);
    const header = {alg: 'dir', enc: 'A256GCM'};
    const theirs = await new FlattenedEncrypt(Buffer.from('plaintext'))
      .setProtectedHeader(header)
      .encrypt(secret);
    const sealed = Buffer.concat(
      [theirs.iv!, theirs.ciphertext, theirs.tag!].map((part) => Buffer.from(part, 'base64url')),
    );
    const additionalData = Buffer.from(theirs.protected!);
    const opened = await module.decrypt(key, sealed, {additionalData});
    expect(Buffer.from(opened!).toString()).to.equal('plaintext');
    expect(await module.decrypt(key, sealed)).to.equal(undefined);

    const ours = Buffer.from(await module.encrypt(key, Buffer.from('ours'), {additionalData}));
    const end = ours.length - 16;
    const jwe = [
      theirs.protected!,
      '',
      ...[ours.subarray(0, 12), ours.subarray(12, end), ours.subarray(end)].map(base64url),
    ];
    const {plaintext} = await compactDecrypt(jwe.join('.'), secret);
    expect(Buffer.from(plaintext).toString()).to.equal('ours');
  });
});
