import {expect} from 'chai';
import {InvalidStateError, KeyStateError, MalformedRequestError, NotFoundError} from '../../../lib/errors.ts';
import {refused} from '../refused.ts';
import type {GetKms} from '../kms.suite.ts';

const DATA = Buffer.from('data');

export function describeVersions(kms: GetKms): void {
  describe('versions', () => {
    it('signs with the newest, and verifies with all', async () => {
      const {publicKey: first} = await kms().generateKeyPair('ecdsa-p256');
      const {kid} = first;
      const old = await kms().sign(kid, DATA);
      const info = await kms().rotateKey(kid);
      expect(info.versions.map(({version, status}) => [version, status])).to.deep.equal([
        [1, 'verify-only'],
        [2, 'active'],
      ]);
      const second = await kms().getPublicKey(kid);
      const {signature, keyVersion} = await kms().sign(kid, DATA);
      expect([second.kid, second.version, keyVersion]).to.deep.equal([kid, 2, 2]);
      expect(await second.verify(DATA, signature)).to.equal(true);
      expect(await first.verify(DATA, signature)).to.equal(false);
      expect(await kms().verify(kid, DATA, old.signature)).to.equal(true);
      expect(await kms().verify(kid, DATA, old.signature, {keyVersion: 1})).to.equal(true);
      expect(await kms().verify(kid, DATA, old.signature, {keyVersion: 2})).to.equal(false);

      const again = await kms().getPublicKey(kid, {version: 1});
      expect(again.kid).to.equal(`${kid}?version=1`).and.equal(again.jwk.kid);
      expect(again.toPem()).to.equal(first.toPem()).and.not.equal(second.toPem());
      expect((await kms().getPublicKey(again.kid)).jwk).to.deep.equal(again.jwk);
      expect(await kms().verify(again.kid, DATA, old.signature)).to.equal(true);
      expect(await kms().verify(again.kid, DATA, signature)).to.equal(false);
      expect(await refused(kms().getPublicKey(kid, {version: 3}))).to.be.instanceOf(NotFoundError);
      const signAsOld = await refused(kms().sign(again.kid, DATA));
      expect(signAsOld).to.be.instanceOf(MalformedRequestError);
    });

    it('decrypts old texts, and rewraps them without the plaintext, until the floor is raised', async () => {
      const {kid, ...key} = await kms().createKey('aes256', {policy: {exportable: true}});
      const text = await kms().encrypt(kid, DATA, {additionalData: DATA});
      await kms().rotateKey(kid);
      await kms().rotateKey(kid);
      expect(DATA.equals(await kms().decrypt(kid, text, {additionalData: DATA}))).to.equal(true);
      const rewrapped = await kms().rewrap(kid, text, {additionalData: DATA});
      expect(rewrapped).to.match(/^webkms:v3:/);
      await kms().updateKey(kid, {policy: {...key.policy, minDecryptVersion: 3}});
      expect(DATA.equals(await kms().decrypt(kid, rewrapped, {additionalData: DATA}))).to.equal(true);
      const attempt = kms().decrypt(kid, text, {additionalData: DATA});
      expect(await refused(attempt)).to.be.instanceOf(KeyStateError);
    });

    it('disables, enables and destroys a version by itself', async () => {
      const {kid} = await kms().createKey('aes256');
      const text = await kms().encrypt(kid, DATA);
      await kms().rotateKey(kid);
      const disabled = await kms().disableKey(kid, {keyVersion: 1});
      expect(disabled.versions.map(({status}) => status)).to.deep.equal(['disabled', 'active']);
      expect(await refused(kms().decrypt(kid, text))).to.be.instanceOf(KeyStateError);
      await kms().enableKey(kid, {keyVersion: 1});
      expect(DATA.equals(await kms().decrypt(kid, text))).to.equal(true);
      await kms().disableKey(kid, {keyVersion: 1});
      const destroyed = await kms().deleteKey(kid, {keyVersion: 1});
      expect(destroyed.versions.map(({status}) => status)).to.deep.equal(['destroyed', 'active']);
      const attempt = kms().enableKey(kid, {keyVersion: 1});
      expect(await refused(attempt))
        .to.be.instanceOf(KeyStateError)
        .and.not.instanceOf(InvalidStateError);
    });
  });
}
