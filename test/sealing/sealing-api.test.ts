import Database from 'better-sqlite3';
import {expect} from 'chai';
import {
  fixedRoots,
  InvalidParameterError,
  KeyHierarchy,
  openApplicationKeyHierarchy,
  openRootWrapper,
  ROOT_KEY_PURPOSE,
  RootChanges,
  RootOfTrust,
  RootOfTrustError,
  SealedBlobError,
  SealedError,
} from '../../lib/sealing-api.ts';
import {expectRejection} from './expect-rejection.ts';
import {FakeSecrets} from './secrets-fixture.ts';
import {useTempDir} from './temp-dir.ts';

const SCOPE = 'tenant 1';
const PURPOSE = 'secrets';
const PLACE = Buffer.from('row 1');
const log = {info: () => undefined, warn: () => undefined};

describe('webkms-server/sealing', () => {
  const path = useTempDir();
  const open: Database.Database[] = [];
  const fileUri = (): string => `file:${path('root.key')}`;

  function openDatabase(): Database.Database {
    const db = new Database(path('application.db'));
    db.pragma('foreign_keys = ON');
    open.push(db);
    return db;
  }

  afterEach(() => {
    for (const db of open.splice(0)) db.close();
  });

  describe('openRootWrapper', () => {
    it('makes a root only where it is told to', async () => {
      const {reason} = await expectRejection(openRootWrapper(fileUri()), RootOfTrustError);
      expect(reason).to.equal('missing');
      const made = await openRootWrapper(fileUri(), {create: true});
      const again = await openRootWrapper(fileUri(), {create: true});
      expect(again.keyId).to.equal(made.keyId);
      expect((await openRootWrapper(fileUri())).keyId).to.equal(made.keyId);
    });

    it('opens a passphrase by the parameters that were kept', async () => {
      const secretSource = new FakeSecrets();
      secretSource.answers.push('a long passphrase', 'a long passphrase');
      const {keyId, parameters} = await openRootWrapper('passphrase:prompt', {secretSource, create: true});
      secretSource.answers.push('a long passphrase');
      const again = await openRootWrapper('passphrase:prompt', {secretSource, parameters});
      expect(again.keyId).to.equal(keyId);
    });

    it('refuses what is no URI of a root, and does not repeat it', async () => {
      const {reason, message} = await expectRejection(openRootWrapper('hunter2'), RootOfTrustError);
      expect(reason).to.equal('bad-setting');
      expect(message).to.not.include('hunter2');
    });
  });

  it('seals under one wrapper that the application opens itself', async () => {
    const store = await openApplicationKeyHierarchy(openDatabase());
    const start = async (): Promise<KeyHierarchy> => {
      const keys = new KeyHierarchy({store, roots: fixedRoots([]), purposes: [PURPOSE]});
      await expectRejection(keys.createKeys(SCOPE, [PURPOSE]), SealedError);
      await keys.addExternalWrapper(ROOT_KEY_PURPOSE, await openRootWrapper(fileUri(), {create: true}));
      return keys;
    };
    let keys = await start();
    await keys.createKeys(SCOPE, [PURPOSE]);
    const blob = await (await keys.wrapperFor(SCOPE, PURPOSE)).seal(Buffer.from('a secret'), PLACE);
    await keys.close();

    keys = await start();
    const wrapper = await keys.wrapperFor(SCOPE, PURPOSE);
    expect(Buffer.from(await wrapper.open(blob, PLACE)).toString()).to.equal('a secret');
    await expectRejection(wrapper.open(blob, Buffer.from('row 2')), SealedBlobError);
    await expectRejection(keys.wrapperFor('', PURPOSE), InvalidParameterError);
    await expectRejection(keys.wrapperFor(SCOPE, 'others'), InvalidParameterError);
    await keys.close();
  });

  it('adds shares to a file, and opens by them alone', async () => {
    const store = await openApplicationKeyHierarchy(openDatabase());
    const openKeys = async (): Promise<{root: RootOfTrust; keys: KeyHierarchy}> => {
      const root = await RootOfTrust.open({store, seedUri: fileUri(), log});
      return {root, keys: new KeyHierarchy({store, roots: root, purposes: [PURPOSE]})};
    };
    const {root, keys} = await openKeys();
    await keys.createKeys(SCOPE, [PURPOSE]);
    const blob = await (await keys.wrapperFor(SCOPE, PURPOSE)).seal(Buffer.from('a secret'), PLACE);
    const changes = new RootChanges({store, root, hierarchy: keys, log});
    const {shares = []} = await changes.add('shamir:2-of-3');
    for (const share of shares.slice(1)) await root.offerShare(share);
    await changes.retire(root.records()[0]?.id ?? '');
    await keys.close();
    await root.close();

    const later = await openKeys();
    expect(later.root.isSealed()).to.equal(true);
    await expectRejection(later.keys.wrapperFor(SCOPE, PURPOSE), SealedError);
    for (const share of shares.slice(0, 2)) await later.root.offerShare(share);
    const wrapper = await later.keys.wrapperFor(SCOPE, PURPOSE);
    expect(Buffer.from(await wrapper.open(blob, PLACE)).toString()).to.equal('a secret');
    await later.keys.close();
    await later.root.close();
  });
});
