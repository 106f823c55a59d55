import {expect} from 'chai';
import {createHash, randomBytes} from 'node:crypto';
import {until} from '../../maintenance/until.ts';
import {base64url, useKeyScene} from './key-scene.ts';

const AES = 'urn:webkms:symmetric:AES-256-GCM';
const P256 = 'urn:webkms:multikey:P-256';
const REFUSED = {status: 409, name: 'InvalidStateError'};
const FAILED = {status: 400, name: 'OperationError'};

describe('versions of a key', () => {
  const scene = useKeyScene();

  /** What the server has said of itself contains the secret in no spelling. */
  function expectNotLogged(secret: Buffer): void {
    const text = scene().scene.log.text;
    for (const encoding of ['base64url', 'base64', 'hex', 'latin1'] as const) {
      expect(text).to.not.include(secret.toString(encoding));
    }
  }

  it('encrypt: a text of v1 decrypts after two rotations, is rewrapped to v3, and refused under a floor', async () => {
    const key = await scene().generate(AES);
    const secret = randomBytes(48);
    const additionalData = base64url('context');
    const first = await scene().run(key, 'EncryptOperation', {plaintext: base64url(secret), additionalData});
    expect(first.ciphertext).to.match(/^webkms:v1:/);
    for (const keyVersion of [2, 3]) {
      const reply = await scene().run(key, 'RotateKeyOperation');
      expect(reply.keyVersion).to.equal(keyVersion);
      expect(reply.keyDescription).to.include({id: key, keyVersion});
    }
    const old = {ciphertext: first.ciphertext, additionalData};
    expect(await scene().run(key, 'DecryptOperation', old)).to.deep.equal({plaintext: base64url(secret)});

    const rewrapped = await scene().run(key, 'RewrapOperation', old);
    expect(rewrapped).to.have.all.keys('ciphertext');
    expect(rewrapped.ciphertext).to.match(/^webkms:v3:/);
    const [, , bytes] = rewrapped.ciphertext.split(':');
    expect(Buffer.from(bytes!, 'base64url').includes(secret)).to.equal(false);
    expectNotLogged(secret);

    const {keyDescription} = await scene().run(key, 'UpdateKeyOperation', {policy: {minDecryptVersion: 3}});
    expect(keyDescription.metadata.versions.map(({status}) => status)).to.deep.equal([
      'retired',
      'retired',
      'active',
    ]);
    for (const operation of ['DecryptOperation', 'RewrapOperation']) {
      expect(await scene().refusal(key, operation, old)).to.deep.equal({...REFUSED, state: 'retired'});
    }
    const current = {ciphertext: rewrapped.ciphertext, additionalData};
    expect(await scene().run(key, 'DecryptOperation', current)).to.deep.equal({plaintext: base64url(secret)});
  });

  it('are not destroyed by rotations that uses bring about, while they may be needed', async () => {
    const policy = {rotation: {afterUses: 1}, maxVersions: 1};
    const newest = async (key: string): Promise<number> =>
      (await scene().get(`${key}?include=metadata`)).json.metadata.currentVersion;
    const useUp = async (key: string): Promise<string> => {
      const version = await newest(key);
      const {ciphertext} = await scene().run(key, 'EncryptOperation', {plaintext: base64url('kept')});
      await until(async () => (await newest(key)) > version);
      return ciphertext;
    };
    const kept = await scene().generate(AES, {policy});
    const ciphertext = await useUp(kept);
    await useUp(kept);
    expect(await scene().run(kept, 'DecryptOperation', {ciphertext})).to.deep.equal({
      plaintext: base64url('kept'),
    });

    const parted = await scene().generate(AES, {policy: {...policy, destroyUsableVersions: true}});
    const lost = await useUp(parted);
    expect(await scene().refusal(parted, 'DecryptOperation', {ciphertext: lost})).to.deep.equal({
      ...REFUSED,
      state: 'destroyed',
    });
  });

  it('are destroyed above the most of the policy by a rotation, once they are below the floor', async () => {
    const key = await scene().generate(AES, {policy: {maxVersions: 2}});
    for (let version = 2; version <= 4; version++) await scene().run(key, 'RotateKeyOperation');
    await scene().run(key, 'UpdateKeyOperation', {policy: {maxVersions: 2, minDecryptVersion: 3}});
    await scene().run(key, 'RotateKeyOperation');
    const {metadata} = (await scene().get(`${key}?include=metadata`)).json;
    expect(metadata.versions.map(({status}) => status)).to.deep.equal([
      ...['destroyed', 'destroyed', 'decrypt-only', 'decrypt-only', 'active'],
    ]);
  });

  it('sign: a signature of v1 verifies after two rotations, and not under a floor', async () => {
    const key = await scene().generate(P256);
    const verifyData = base64url('signed');
    const first = await scene().run(key, 'SignOperation', {verifyData});
    expect(first).to.have.all.keys('signatureValue');
    const signed = {verifyData, signatureValue: first.signatureValue};
    expect(await scene().run(key, 'VerifyOperation', signed)).to.deep.equal({verified: true});
    await scene().run(key, 'RotateKeyOperation');
    await scene().run(key, 'RotateKeyOperation');

    expect(await scene().run(key, 'SignOperation', {verifyData})).to.include({keyVersion: 3});
    const verified = {verified: true, keyVersion: 1};
    expect(await scene().run(key, 'VerifyOperation', signed)).to.deep.equal(verified);
    expect(await scene().run(key, 'VerifyOperation', {...signed, keyVersion: 1})).to.deep.equal(verified);
    expect(await scene().run(key, 'VerifyOperation', {...signed, keyVersion: 2})).to.deep.equal({
      verified: false,
    });

    await scene().run(key, 'UpdateKeyOperation', {policy: {minDecryptVersion: 2}});
    expect(await scene().run(key, 'VerifyOperation', signed)).to.deep.equal({verified: false});
    expect(await scene().refusal(key, 'VerifyOperation', {...signed, keyVersion: 1})).to.deep.equal({
      ...REFUSED,
      state: 'retired',
    });
  });

  it('unwrap, derive and decapsulate by old versions', async () => {
    const kek = await scene().generate('AesKeyWrappingKey2019');
    const unwrappedKey = base64url(Buffer.alloc(32, 1));
    const {wrappedKey} = await scene().run(kek, 'WrapKeyOperation', {unwrappedKey});
    await scene().run(kek, 'RotateKeyOperation');
    expect(await scene().run(kek, 'UnwrapKeyOperation', {wrappedKey})).to.deep.equal({unwrappedKey});

    const [alice, bob] = [
      await scene().generate('urn:webkms:multikey:X25519'),
      await scene().generate('urn:webkms:multikey:X25519'),
    ];
    const {json: publicKey} = await scene().get(bob);
    const first = await scene().run(alice, 'DeriveSecretOperation', {publicKey});
    await scene().run(alice, 'RotateKeyOperation');
    expect(await scene().run(alice, 'DeriveSecretOperation', {publicKey})).to.not.deep.equal(first);
    expect(await scene().run(alice, 'DeriveSecretOperation', {publicKey, keyVersion: 1})).to.deep.equal(
      first,
    );

    const kem = await scene().generate('urn:webkms:multikey:ML-KEM-768');
    const {secret, ciphertext} = await scene().run(kem, 'EncapsulateOperation');
    await scene().run(kem, 'RotateKeyOperation');
    expect(await scene().run(kem, 'DecapsulateOperation', {ciphertext})).to.deep.equal({secret});
  });

  it('are opaque where a text does not open, whatever the reason', async () => {
    const [key, other] = [await scene().generate(AES), await scene().generate(AES)];
    const {ciphertext} = await scene().run(key, 'EncryptOperation', {plaintext: base64url('a')});
    await scene().run(key, 'RotateKeyOperation');
    expect(await scene().run(key, 'DecryptOperation', {ciphertext})).to.deep.equal({
      plaintext: base64url('a'),
    });
    const bytes = Buffer.from(ciphertext.split(':')[2]!, 'base64url');
    const flipped = Buffer.from(bytes);
    flipped[flipped.length - 1]! ^= 1;
    const replies = new Set<string>();
    for (const [url, members] of [
      [other, {ciphertext}],
      [key, {ciphertext, additionalData: base64url('x')}],
      [key, {ciphertext: ciphertext.replace(':v1:', ':v2:')}],
      [key, {ciphertext: ciphertext.replace(':v1:', ':v3:')}],
      [key, {ciphertext: ciphertext.replace(':v1:', ':v999999999:')}],
      [key, {ciphertext: `webkms:v1:${flipped.toString('base64url')}`}],
      [key, {ciphertext: `webkms:v1:${bytes.subarray(0, 20).toString('base64url')}`}],
    ] as const) {
      expect(await scene().refusal(url, 'DecryptOperation', members)).to.deep.equal(FAILED);
      replies.add(JSON.stringify((await scene().post(url, 'RewrapOperation', members)).json));
    }
    expect([...replies]).to.have.length(1);
  });

  it('sign digests as they sign what the digests are of', async () => {
    const verifyData = Buffer.from('signed');
    const digest = (hash: string) => createHash(hash).update(verifyData).digest('base64url');
    for (const [type, algorithm, hashAlgorithm] of [
      [P256, undefined, 'SHA-256'],
      ['urn:webkms:multikey:P-384', 'ES384', 'SHA-384'],
      ['urn:webkms:multikey:RSA-2048', 'PS512', 'SHA-512'],
      ['urn:webkms:multikey:RSA-2048', 'RS256', 'SHA-256'],
    ] as const) {
      const key = await scene().generate(type);
      const hash = hashAlgorithm.replace('-', '');
      const named = algorithm === undefined ? {} : {algorithm};
      const members = {...named, digest: digest(hash), hashAlgorithm};
      const {signatureValue} = await scene().run(key, 'SignOperation', members);
      const whole = {...named, verifyData: base64url(verifyData), signatureValue};
      expect(await scene().run(key, 'VerifyOperation', whole), type).to.deep.equal({verified: true});
      expect(await scene().run(key, 'VerifyOperation', {...members, signatureValue})).to.deep.equal({
        verified: true,
      });
      const other = hashAlgorithm === 'SHA-512' ? 'SHA-384' : 'SHA-512';
      const wrong = {...named, digest: digest(other.replace('-', '')), hashAlgorithm: other};
      expect(await scene().refusal(key, 'SignOperation', wrong)).to.deep.equal({
        ...{status: 400, name: 'NotSupportedError', supported: [hashAlgorithm]},
      });
      const short = {...members, digest: base64url(Buffer.alloc(31))};
      expect(await scene().refusal(key, 'SignOperation', short)).to.deep.equal({
        status: 400,
        name: 'DataError',
      });
    }
    const key = await scene().generate('urn:webkms:multikey:Ed25519');
    const members = {digest: digest('SHA512'), hashAlgorithm: 'SHA-512'};
    expect(await scene().refusal(key, 'SignOperation', members)).to.deep.equal({
      ...{status: 400, name: 'NotSupportedError', supported: []},
    });
  });

  it('make data keys', async () => {
    const key = await scene().generate(AES);
    const additionalData = base64url('of a file');
    const made = await scene().run(key, 'GenerateDataKeyOperation', {numberOfBytes: 1024, additionalData});
    expect(Buffer.from(made.plaintext, 'base64url')).to.have.length(1024);
    const {ciphertext} = made;
    expect(await scene().run(key, 'DecryptOperation', {ciphertext, additionalData})).to.deep.equal({
      plaintext: made.plaintext,
    });
    expect(await scene().run(key, 'GenerateDataKeyOperation', {withoutPlaintext: true})).to.have.all.keys(
      'ciphertext',
    );
    for (const numberOfBytes of [15, 1025, 16.5, '32']) {
      const refusal = await scene().refusal(key, 'GenerateDataKeyOperation', {numberOfBytes});
      expect(refusal).to.include({status: 400, name: 'ValidationError'});
    }
  });

  it('keyOps narrow a key for good', async () => {
    const key = await scene().generate('urn:webkms:multikey:RSA-2048', {keyOps: ['sign', 'verify']});
    await scene().run(key, 'SignOperation', {verifyData: 'AAAA'});
    expect(await scene().refusal(key, 'EncryptOperation', {plaintext: 'AAAA'})).to.deep.equal({
      ...{status: 400, name: 'NotSupportedError', supported: ['sign', 'verify']},
    });
  });
});
