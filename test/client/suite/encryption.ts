import {createPublicKey, diffieHellman, generateKeyPairSync, type KeyObject} from 'node:crypto';
import {expect} from 'chai';
import {MalformedRequestError, NotSupportedError, OperationFailedError} from '../../../lib/errors.ts';
import {refused} from '../refused.ts';
import type {GetKms} from '../kms.suite.ts';

const PLAINTEXT = Buffer.from('Attack at dawn');
const CIPHERTEXT = /^webkms:v1:[A-Za-z0-9_-]+$/;

export function describeEncryption(kms: GetKms): void {
  describe('encryption', () => {
    it('encrypts with a secret key, which decrypts', async () => {
      const key = await kms().generateKey('aes256');
      const text = await key.encrypt(PLAINTEXT);
      expect(text).to.match(CIPHERTEXT);
      expect(PLAINTEXT.equals(await key.decrypt(text))).to.equal(true);
      expect(await key.encrypt(PLAINTEXT)).to.not.equal(text);
    });

    it('opens nothing under other additional data, by another key, or where a bit was flipped', async () => {
      const [key, other] = [await kms().generateKey('aes256'), await kms().generateKey('aes256')];
      const additionalData = Buffer.from('for Alice');
      const text = await key.encrypt(PLAINTEXT, {additionalData});
      expect(PLAINTEXT.equals(await key.decrypt(text, {additionalData}))).to.equal(true);
      for (const attempt of [
        key.decrypt(text),
        key.decrypt(text, {additionalData: Buffer.from('for Bob')}),
        other.decrypt(text, {additionalData}),
        key.decrypt(text.replace('v1', 'v2'), {additionalData}),
        key.decrypt(`${text.slice(0, -1)}${text.endsWith('A') ? 'Q' : 'A'}`, {additionalData}),
      ]) {
        expect(await refused(attempt)).to.be.instanceOf(OperationFailedError);
      }
    });

    for (const alg of ['rsa2048', 'rsa3072', 'rsa4096']) {
      it(`encrypts with the public key of ${alg} alone, for the KMS`, async () => {
        const {publicKey, privateKey} = await kms().generateKeyPair(alg);
        const text = await publicKey.encrypt(PLAINTEXT);
        expect(text).to.match(CIPHERTEXT);
        expect(PLAINTEXT.equals(await privateKey.decrypt(text))).to.equal(true);
        expect(
          PLAINTEXT.equals(await privateKey.decrypt(await kms().encrypt(publicKey.kid, PLAINTEXT))),
        ).to.equal(true);
        const additionalData = Buffer.from('label');
        const labelled = await publicKey.encrypt(PLAINTEXT, {algorithm: 'RSA-OAEP-256', additionalData});
        expect(PLAINTEXT.equals(await privateKey.decrypt(labelled, {additionalData}))).to.equal(true);
        expect(await refused(privateKey.decrypt(labelled))).to.be.instanceOf(OperationFailedError);
        const longest = Number(alg.slice(3)) / 8 - 66;
        expect(await publicKey.encrypt(Buffer.alloc(longest))).to.match(CIPHERTEXT);
        for (const attempt of [
          publicKey.encrypt(Buffer.alloc(longest + 1)),
          kms().encrypt(publicKey.kid, Buffer.alloc(longest + 1)),
        ]) {
          expect(await refused(attempt)).to.be.instanceOf(MalformedRequestError);
        }
        const foreign = publicKey.encrypt(PLAINTEXT, {algorithm: 'A256GCM'});
        expect(await refused(foreign)).to.be.instanceOf(NotSupportedError);
      });
    }

    it('encrypts with no public key that is for something else', async () => {
      const {publicKey} = await kms().generateKeyPair('ecdsa-p256');
      expect(await refused(publicKey.encrypt(PLAINTEXT))).to.be.instanceOf(NotSupportedError);
      expect(await refused(kms().encrypt(publicKey.kid, PLAINTEXT))).to.be.instanceOf(NotSupportedError);
      expect(await refused(publicKey.encapsulate())).to.be.instanceOf(NotSupportedError);
    });

    it('makes data keys', async () => {
      const {kid} = await kms().generateKey('aes256');
      const additionalData = Buffer.from('file 1');
      const made = await kms().generateDataKey(kid, {numberOfBytes: 48, additionalData});
      expect(made.plaintext).to.have.length(48);
      const opened = await kms().decrypt(kid, made.ciphertext, {additionalData});
      expect(Buffer.from(made.plaintext).equals(opened)).to.equal(true);
      expect((await kms().generateDataKey(kid)).plaintext).to.have.length(32);
    });

    it('wraps keys, and unwraps only what it wrapped', async () => {
      const {kid} = await kms().generateKey('aes-kw-256');
      const key = Buffer.alloc(32, 7);
      const wrapped = await kms().wrapKey(kid, key);
      expect(key.equals(await kms().unwrapKey(kid, wrapped))).to.equal(true);
      const bent = Buffer.from(wrapped).reverse();
      expect(await refused(kms().unwrapKey(kid, bent))).to.be.instanceOf(OperationFailedError);
    });

    it('encapsulates with the public key alone, and decapsulates', async () => {
      const {publicKey} = await kms().generateKeyPair('ml-kem-768');
      const {secret, ciphertext} = await publicKey.encapsulate();
      expect(secret).to.have.length(32);
      expect(Buffer.from(secret).equals(await kms().decapsulate(publicKey.kid, ciphertext))).to.equal(true);
    });

    for (const alg of ['x25519', 'ecdh-p256', 'ecdh-p384', 'ecdh-p521']) {
      it(`agrees on a secret with ${alg}`, async () => {
        const [a, b] = [await kms().generateKeyPair(alg), await kms().generateKeyPair(alg)];
        const secret = await kms().deriveSecret(a.publicKey.kid, b.publicKey);
        const same = await kms().deriveSecret(b.publicKey.kid, a.publicKey);
        expect(Buffer.from(secret).equals(same)).to.equal(true);
        // Somebody without KMS comes to the same.
        const device = newDevice(alg);
        const peer = {...b.publicKey, raw: device.raw};
        const agreed = diffieHellman({
          privateKey: device.privateKey,
          publicKey: createPublicKey(a.publicKey.toPem()),
        });
        expect(agreed.equals(await kms().deriveSecret(a.publicKey.kid, peer))).to.equal(true);
      });
    }
  });
}

/** @returns also the public key as the KMS writes it. */
function newDevice(alg: string): {readonly privateKey: KeyObject; readonly raw: Uint8Array} {
  const {privateKey, publicKey} =
    alg === 'x25519'
      ? generateKeyPairSync('x25519')
      : generateKeyPairSync('ec', {namedCurve: alg.replace('ecdh-p', 'P-')});
  const {x = '', y} = publicKey.export({format: 'jwk'});
  const point = Buffer.from(x, 'base64url');
  if (y === undefined) return {privateKey, raw: point};
  const parity = (Buffer.from(y, 'base64url').at(-1) ?? 0) & 1;
  return {privateKey, raw: Buffer.concat([Buffer.of(2 + parity), point])};
}
