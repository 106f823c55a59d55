import {expect} from 'chai';
import type {KeyInfo} from '../../../lib/client/kms.ts';
import {
  DuplicateError,
  KeyPolicyError,
  KeyStateError,
  MalformedRequestError,
  NotFoundError,
} from '../../../lib/errors.ts';
import {refused} from '../refused.ts';
import type {GetKms} from '../kms.suite.ts';

const DATA = Buffer.from('data');

export function describeAdministration(kms: GetKms): void {
  describe('administration', () => {
    it('creates a key with all that it may have, and describes it so', async () => {
      const options = {
        name: 'invoices',
        tags: {team: 'billing'},
        description: 'Signs invoices.',
        keyOps: ['sign', 'verify'],
        policy: {
          allowedOperations: ['sign', 'verify'],
          allowedAlgorithms: ['PS256', 'RS256'],
          rotation: {afterSeconds: 86_400, afterUses: 1000},
          exportable: true,
          deletionProtection: false,
          minDeletionWindowSeconds: 3600,
          minVersions: 1,
          maxVersions: 5,
          destroyUsableVersions: true,
          usageWindow: {notBefore: '2026-01-01T00:00:00.000Z', notAfter: '2126-01-01T00:00:00.000Z'},
          maxDataBytes: 4096,
          rate: {uses: 100, perSeconds: 1},
        },
        maxCapabilityChainLength: 3,
      };
      const info = await kms().createKey('rsa2048', options);
      const {name, tags, policy, ...rest} = options;
      expect(info).to.deep.include({
        ...rest,
        tags: {...tags, name},
        shortName: 'rsa2048',
        keyType: 'urn:webkms:multikey:RSA-2048',
        state: 'active',
        origin: 'generated',
        currentVersion: 1,
        operations: info.operations,
      });
      expect(Object.keys(info.policy ?? {})).to.have.members(Object.keys(policy));
      expect(info.policy?.rotation).to.deep.equal(policy.rotation);
      expect(info.policy?.rate).to.deep.equal(policy.rate);
      expect(Date.parse(info.policy?.usageWindow?.notAfter ?? '')).to.equal(
        Date.parse('2126-01-01T00:00:00Z'),
      );
      expect([...info.operations].sort()).to.deep.equal(['sign', 'verify']);
      expect(await kms().getKey('name:invoices')).to.deep.equal(info);
      expect(await kms().getKey(info.kid)).to.deep.equal(info);
    });

    it('finds keys by their present name, and lists them in order of creation', async () => {
      const first = await kms().createKey('aes256', {name: 'first'});
      const second = await kms().createKey('hmac-sha256', {name: 'second'});
      const kids = (await listed(kms)).map(({kid}) => kid);
      expect(kids.indexOf(first.kid)).to.be.lessThan(kids.indexOf(second.kid)).and.not.equal(-1);
      expect(await refused(kms().createKey('aes256', {name: 'first'}))).to.be.instanceOf(DuplicateError);
      await kms().updateKey('name:first', {tags: {name: 'renamed'}});
      await kms().updateKey('name:second', {tags: {name: 'first'}});
      expect((await kms().getKey('name:first')).kid).to.equal(second.kid);
      expect((await kms().getKey('name:renamed')).kid).to.equal(first.kid);
      expect((await kms().sign('name:first', DATA)).signature).to.have.length(32);
      expect(await refused(kms().getKey('name:second'))).to.be.instanceOf(NotFoundError);
      const twoNames = kms().createKey('aes256', {name: 'a', tags: {name: 'b'}});
      expect(await refused(twoNames)).to.be.instanceOf(MalformedRequestError);
    });

    it('lists more keys than a page holds', async () => {
      const before = (await listed(kms)).length;
      for (let i = 0; i < 55; i++) await kms().createKey('aes256');
      const kids = (await listed(kms)).map(({kid}) => kid);
      expect(new Set(kids).size)
        .to.equal(before + 55)
        .and.equal(kids.length);
    });

    it('gives the public keys of all key pairs, and of no secret key', async () => {
      const {publicKey} = await kms().generateKeyPair('ecdsa-p256', {
        publicAlias: 'did:example:alice#key-1',
      });
      await kms().generateKey('aes256');
      const keys = await kms().getPublicKeys();
      expect(keys.find(({kid}) => kid === publicKey.kid)?.jwk).to.deep.equal(publicKey.jwk);
      expect(keys.every(({jwk}) => jwk.kty !== 'oct')).to.equal(true);
    });

    it('updates a key, and takes away what is null', async () => {
      const {kid} = await kms().createKey('aes256', {description: 'Old.', tags: {a: '1', b: '2'}});
      const updated = await kms().updateKey(kid, {description: 'New.', tags: {b: '3'}});
      expect([updated.description, updated.tags]).to.deep.equal(['New.', {b: '3'}]);
      const bare = await kms().updateKey(kid, {description: null, tags: null});
      expect(bare).to.not.have.any.keys('description', 'tags');
      const exportable = kms().updateKey(kid, {policy: {exportable: true}});
      expect(await refused(exportable)).to.be.instanceOf(KeyPolicyError);
    });

    it('disables and enables a key', async () => {
      const {kid} = await kms().createKey('aes256');
      expect((await kms().disableKey(kid)).state).to.equal('disabled');
      const error = await refused(kms().encrypt(kid, DATA));
      expect(error).to.be.instanceOf(KeyStateError);
      expect(error.details).to.deep.equal({state: 'disabled'});
      expect((await kms().enableKey(kid)).state).to.equal('active');
      expect(await kms().encrypt(kid, DATA)).to.match(/^webkms:v1:/);
    });

    it('deletes a key, and brings it back', async () => {
      const {kid} = await kms().createKey('aes256', {name: 'going'});
      const deleted = await kms().deleteKey(kid, {recoveryWindowSeconds: 7 * 86_400});
      const {requestedAt = '', destroyAt = ''} = deleted.deletion ?? {};
      expect(Date.parse(destroyAt) - Date.parse(requestedAt)).to.equal(7 * 86_400_000);
      expect(deleted.state).to.equal('pendingDeletion');
      expect(await refused(kms().encrypt(kid, DATA))).to.be.instanceOf(KeyStateError);
      const restored = await kms().restoreKey('name:going');
      expect(restored.state).to.equal('active');
      expect(restored).to.not.have.property('deletion');
      expect(await refused(kms().restoreKey(kid))).to.be.instanceOf(KeyStateError);
    });
  });
}

async function listed(kms: GetKms): Promise<readonly KeyInfo[]> {
  const keys: KeyInfo[] = [];
  for await (const key of kms().listKeys()) keys.push(key);
  return keys;
}
