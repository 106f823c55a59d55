import {mkdir, readdir, readFile, rename, rm, stat, writeFile} from 'node:fs/promises';
import {relative} from 'node:path';
import {expect} from 'chai';
import {useRootOfTrust} from './root-of-trust-fixture.ts';
import type {IdentifiedRootWrapper} from '../../lib/sealing/root-wrapper.ts';
import {FileWrapper} from '../../lib/sealing/wrappers/file-wrapper.ts';

describe('RootOfTrust.open', () => {
  const t = useRootOfTrust();

  describe('with an empty store', () => {
    it('makes the file that does not exist, stores it as the first and says so', async () => {
      const root = await t.open(t.uri('data/root.key'));
      expect(root.created).to.be.true;
      expect((await stat(t.path('data/root.key'))).mode & 0o7777).to.equal(0o600);
      const [{id, wrapper}] = root.opened() as [IdentifiedRootWrapper];
      expect(id).to.match(/^rw_[A-Za-z0-9_-]{22}$/);
      expect(t.store.rootWrappers).to.deep.equal([
        {id, uri: t.uri('data/root.key'), wrapperKeyId: wrapper.keyId, createdAt: 1234, state: 'active'},
      ]);
      expect(t.lines).to.deep.equal([
        {
          level: 'warn',
          fields: {uri: t.uri('data/root.key')},
          message: 'made a new root key: back it up, without it nothing in the store can be opened',
        },
      ]);
    });

    it('uses the file that exists, as it is', async () => {
      const {keyId} = await FileWrapper.create(t.uri('root.key'));
      const before = await readFile(t.path('root.key'), 'latin1');
      const root = await t.open(t.uri('root.key'));
      expect(root.created).to.be.false;
      expect(root.opened()[0]?.wrapper.keyId).to.equal(keyId);
      expect(await readFile(t.path('root.key'), 'latin1')).to.equal(before);
      expect(t.lines).to.deep.equal([]);
    });

    it('stores an absolute path, so that the working directory does not matter later', async () => {
      await t.open(`file:${relative(process.cwd(), t.path('root.key'))}`);
      expect(t.store.rootWrappers[0]?.uri).to.equal(t.uri('root.key'));
    });

    it('refuses a file that cannot be trusted, and stores nothing', async () => {
      await writeFile(t.path('root.key'), 'not a key', {mode: 0o600});
      expect((await t.refusal(t.uri('root.key'))).reason).to.equal('malformed');
      expect(t.store.rootWrappers).to.deep.equal([]);
      expect(await readFile(t.path('root.key'), 'latin1')).to.equal('not a key');
    });

    it('refuses where the file can neither be opened nor made', async () => {
      await mkdir(t.path('data'));
      expect((await t.refusal(t.uri(`data/${'k'.repeat(300)}`))).reason).to.equal('unreadable');
      expect((await t.refusal(t.uri(`data/${'k'.repeat(250)}`))).reason).to.equal('unwritable');
      expect(t.store.rootWrappers).to.deep.equal([]);
    });

    it('refuses a scheme that there is not, and names those that there are, not the setting', async () => {
      for (const setting of [
        'passphrases:correct horse',
        'correct horse',
        '',
        'constructor:x',
        'FILE:/x',
        '/x',
      ]) {
        const error = await t.refusal(setting);
        expect(error.reason).to.equal('bad-setting');
        expect(error.message).to.equal(
          'The root of trust is of an unknown kind. There is: file:, env:, passphrase:, shamir:',
        );
      }
      expect(t.store.rootWrappers).to.deep.equal([]);
      await t.open(t.uri('root.key'));
    });
  });

  describe('with a store that was sealed', () => {
    beforeEach(() => t.open(t.uri('root.key')));

    it('opens what the store lists, and changes nothing', async () => {
      const records = structuredClone(t.store.rootWrappers);
      t.lines = [];
      const again = await t.open(t.uri('root.key'));
      expect(again.created).to.be.false;
      expect(again.opened().map(({id, wrapper}) => [id, wrapper.keyId])).to.deep.equal([
        [records[0]?.id, records[0]?.wrapperKeyId],
      ]);
      expect(t.store.rootWrappers).to.deep.equal(records);
      expect(t.lines).to.deep.equal([]);
    });

    it('refuses to start without the file, and makes none', async () => {
      await rename(t.path('root.key'), t.path('backup'));
      const error = await t.refusal(t.uri('root.key'));
      expect(error.reason).to.equal('missing');
      expect(error.message).to.equal(
        `The root key file ${t.path('root.key')} does not exist. The store was sealed with it: ` +
          'restore it from your backup, or say in WEBKMS_ROOT_WRAPPER where it is now. A new one is made for an empty store only.',
      );
      expect(await readdir(t.path(''))).to.deep.equal(['backup']);
      await rename(t.path('backup'), t.path('root.key'));
      await t.open(t.uri('root.key'));
    });

    it('refuses another key in the same place, and leaves both as they are', async () => {
      await rename(t.path('root.key'), t.path('backup'));
      await FileWrapper.create(t.uri('root.key'));
      const [record, content] = [
        structuredClone(t.store.rootWrappers),
        await readFile(t.path('root.key'), 'latin1'),
      ];
      const error = await t.refusal(t.uri('root.key'));
      expect(error.reason).to.equal('foreign-key');
      expect(error.message).to.include(`${t.uri('root.key')} is not the one that the store was sealed with`);
      expect(error.message).to.not.include(content.trim());
      expect(t.store.rootWrappers).to.deep.equal(record);
      expect(await readFile(t.path('root.key'), 'latin1')).to.equal(content);
      await rename(t.path('backup'), t.path('root.key'));
      await t.open(t.uri('root.key'));
    });

    it('takes the same key from the place that the setting names, where it has moved', async () => {
      await mkdir(t.path('moved'));
      await rename(t.path('root.key'), t.path('moved/root.key'));
      t.lines = [];
      const root = await t.open(t.uri('moved/root.key'));
      expect(root.opened()[0]?.wrapper.uri).to.equal(t.uri('moved/root.key'));
      expect(root.created).to.be.false;
      expect(t.lines.map(({level, message}) => `${level}: ${message}`)).to.deep.equal([
        'info: the root of trust has moved: using the place that the setting names',
      ]);
      expect(t.store.rootWrappers[0]?.uri).to.equal(t.uri('root.key'));
    });

    it('prefers the store to a setting that names another key, or none, and makes none', async () => {
      await FileWrapper.create(t.uri('other.key'));
      for (const name of ['other.key', 'missing.key']) {
        t.lines = [];
        const root = await t.open(t.uri(name));
        expect(root.opened()[0]?.wrapper.uri).to.equal(t.uri('root.key'));
        expect(t.lines.map(({level, message}) => `${level}: ${message}`)).to.deep.equal([
          'warn: WEBKMS_ROOT_WRAPPER names another root of trust than the store: using the one in the store',
        ]);
      }
      expect(await readdir(t.path(''))).to.have.members(['root.key', 'other.key']);
    });

    it('says both where neither place helps', async () => {
      await FileWrapper.create(t.uri('other.key'));
      await rm(t.path('root.key'));
      const error = await t.refusal(t.uri('other.key'));
      expect(error.reason).to.equal('missing');
      expect(error.message).to.include(`${t.path('root.key')} does not exist.`);
      expect(error.message).to.include(`the setting does not help: The root of trust ${t.uri('other.key')}`);
      expect(await readdir(t.path(''))).to.deep.equal(['other.key']);
    });

    it('does not say of a place where nothing is that the store was sealed with it', async () => {
      await rm(t.path('root.key'));
      const {message} = await t.refusal(t.uri('nothing.key'));
      expect(message.split('The store was sealed with it')).to.have.length(2);
      expect(message).to.match(
        /the setting does not help: The root key file \S+nothing\.key does not exist\.$/,
      );
    });

    it('refuses a bad setting even then', async () => {
      expect((await t.refusal('file:')).reason).to.equal('bad-setting');
      expect((await t.refusal('vault:x')).reason).to.equal('bad-setting');
    });

    it('refuses a store whose wrapper is of a kind that this server does not have', async () => {
      t.store.rootWrappers[0] = {...t.store.rootWrappers[0]!, uri: 'pkcs11:token=x'};
      await rm(t.path('root.key'));
      const error = await t.refusal(t.uri('root.key'));
      expect(error.reason).to.equal('bad-setting');
      expect(error.message).to.include('unknown kind').and.include('does not exist');
    });
  });
});
