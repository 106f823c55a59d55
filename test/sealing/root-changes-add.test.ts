import {chmod, rm, writeFile} from 'node:fs/promises';
import {expect} from 'chai';
import {RootOfTrustError} from '../../lib/sealing/root-of-trust-error.ts';
import {ROOTS_SCOPE} from '../../lib/sealing/scopes.ts';
import {SealedError} from '../../lib/sealing/sealing-errors.ts';
import {FileWrapper} from '../../lib/sealing/wrappers/file-wrapper.ts';
import {expectRejection} from './expect-rejection.ts';
import {onlyRoot, rootStates, useRootChanges, type Process} from './root-changes-fixture.ts';
import {FakeSecrets} from './secrets-fixture.ts';

const PASSPHRASE = 'correct horse battery staple';

for (const backend of ['memory', 'sqlite'] as const)
  describe(`RootChanges.add, ${backend}`, () => {
    const t = useRootChanges({backend});
    let p: Process;
    beforeEach(async () => {
      p = await t.start();
      await t.sealSome(p);
    });

    it('seals everything under a new file, which opens alone then', async () => {
      const steps: number[] = [];
      const added = await p.changes.add(t.uri('second.key'), {onProgress: ({done}) => steps.push(done)});
      expect(added).to.deep.equal({id: added.id, created: true});
      expect(rootStates(p)).to.deep.equal(['file active true', 'file active true']);
      expect(await t.store.countSealed(added.id)).to.deep.equal({sealed: 4, total: 4});
      expect(steps.at(-1)).to.equal(4);
      await t.sealSome(p);
      await rm(t.path('first.key'));
      p = await t.restart();
      expect(rootStates(p)).to.deep.equal(['file active false', 'file active true']);
      await t.expectAllOpen(p);
    });

    it('stores the sealers of all roots, and of a single one none', async () => {
      expect((await t.store.listRootWrappers()).map(({sealer}) => sealer)).to.deep.equal([undefined]);
      await p.changes.add(t.uri('second.key'));
      for (const {sealer} of await t.store.listRootWrappers())
        expect(sealer?.dataKeyVersionId).to.match(/^kdkv_/);
    });

    it('takes a file that exists, and one from the environment or with a passphrase', async () => {
      const made = await FileWrapper.create(t.uri('second.key'));
      expect((await p.changes.add(t.uri('second.key'))).created).to.be.false;
      expect(p.root.records()[1]?.wrapperKeyId).to.equal(made.keyId);
      const secrets = new FakeSecrets();
      secrets.variables.set('WEBKMS_ROOT_KEY', 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8');
      secrets.answers.push(PASSPHRASE, PASSPHRASE);
      expect((await p.changes.add('env:WEBKMS_ROOT_KEY', {secrets})).created).to.be.false;
      expect((await p.changes.add('passphrase:prompt', {secrets})).created).to.be.true;
      expect(rootStates(p).every((state) => state.endsWith('active true'))).to.be.true;
      await rm(t.path('first.key'));
      await rm(t.path('second.key'));
      t.secrets.answers.push(PASSPHRASE);
      p = await t.restart();
      expect(rootStates(p)).to.deep.equal([
        'file active false',
        'file active false',
        'env active false',
        'passphrase active true',
      ]);
      await t.expectAllOpen(p);
    });

    it('seals new keys for a root that is not at hand', async () => {
      await p.changes.add(t.uri('second.key'));
      await rm(t.path('first.key'));
      p = await t.restart();
      await t.sealSome(p);
      await t.expectAllOpen(p);
      const [first] = await t.store.listRootWrappers();
      expect(await t.store.countSealed(first?.id ?? '')).to.deep.equal({sealed: 7, total: 7});
    });

    it('gives the shares of a shamir: root, which is closed until they are given back', async () => {
      const {shares = [], id, created} = await p.changes.add('shamir:2-of-3');
      expect(created).to.be.true;
      expect(shares).to.have.length(3);
      expect(rootStates(p)).to.deep.equal(['file active true', 'shamir active false']);
      expect(p.changes.list()[1]).to.deep.include({id, threshold: 2, shares: 3, offered: 0});
      // Made while the shares are in a safe.
      await t.sealSome(p);
      await p.hierarchy.rotateKeys('https://localhost/kms/keystores/z0');
      await rm(t.path('first.key'));
      p = await t.restart();
      expect(p.root.isSealed()).to.be.true;
      await expectRejection(t.expectAllOpen(p), SealedError);
      await p.root.offerShare(shares[2] ?? '');
      await p.root.offerShare(shares[0] ?? '');
      expect(p.root.isSealed()).to.be.false;
      await t.expectAllOpen(p);
    });

    it('lets the keys be rotated that its sealer is sealed under, while its shares are away', async () => {
      const {shares = []} = await p.changes.add('shamir:2-of-2');
      const sealedUnder = async (): Promise<(string | undefined)[]> =>
        (await t.store.listRootWrappers()).map(({sealer}) => sealer?.dataKeyVersionId);
      const before = await sealedUnder();
      await p.hierarchy.rotateKeys(ROOTS_SCOPE, {rewrap: true});
      expect(await sealedUnder()).to.not.include.members(before);
      await t.sealSome(p);
      await rm(t.path('first.key'));
      p = await t.restart();
      for (const share of shares) await p.root.offerShare(share);
      // For the file too, which is not at hand now.
      await t.sealSome(p);
      await t.expectAllOpen(p);
    });

    it('makes another root in shares each time', async () => {
      const a = await p.changes.add('shamir:2-of-2');
      const b = await p.changes.add('shamir:2-of-2');
      expect(a.id).to.not.equal(b.id);
      await p.root.offerShare(a.shares?.[0] ?? '');
      expect(p.changes.list().map(({offered}) => offered)).to.deep.equal([undefined, 1, 0]);
    });

    it('refuses what is there already, and whatever cannot be opened; nothing is changed', async () => {
      await writeFile(t.path('readable.key'), 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n', {mode: 0o600});
      await chmod(t.path('readable.key'), 0o644);
      await writeFile(t.path('passphrase'), 'short\n', {mode: 0o600});
      const before = await t.store.listRootWrappers();
      const version = await t.store.readCollectionVersion();
      const refused: [uri: string, reason: string, message: string][] = [
        [t.uri('first.key'), 'exists', 'is in the store already: rw_'],
        [t.uri('readable.key'), 'permissions', 'readable.key'],
        [`passphrase:file=${t.path('nowhere')}`, 'missing', 'nowhere'],
        [`passphrase:file=${t.path('passphrase')}`, 'malformed', 'too short'],
        ['env:WEBKMS_ROOT_KEY', 'missing', 'is not set'],
        ['shamir:1-of-3', 'bad-setting', 'shamir:<k>-of-<n>'],
        ['shamir:3-of-2', 'bad-setting', 'shamir:<k>-of-<n>'],
        ['shamir:2-of-17', 'bad-setting', 'shamir:<k>-of-<n>'],
        ['shamir:02-of-3', 'bad-setting', 'shamir:<k>-of-<n>'],
        ['vault:x', 'bad-setting', 'unknown kind'],
      ];
      for (const [uri, reason, message] of refused) {
        const error = await expectRejection(p.changes.add(uri), RootOfTrustError);
        expect(error.reason, uri).to.equal(reason);
        expect(error.message, uri).to.include(message);
      }
      expect(await t.store.listRootWrappers()).to.deep.equal(before);
      expect(await t.store.readCollectionVersion()).to.equal(version);
      await chmod(t.path('readable.key'), 0o600);
      await p.changes.add(t.uri('readable.key'));
    });

    it('refuses while sealed', async () => {
      await p.root.seal();
      await expectRejection(p.changes.add(t.uri('second.key')), SealedError);
      await p.root.unsealStored();
      await p.changes.add(t.uri('second.key'));
    });

    it('stops where it is aborted, and goes on when it is asked again', async () => {
      const aborting = new AbortController();
      const add = p.changes.add(t.uri('second.key'), {
        signal: aborting.signal,
        onProgress: () => {
          aborting.abort(new RangeError('stop'));
        },
      });
      await expectRejection(add, RangeError);
      expect(rootStates(p)).to.deep.equal(['file active true', 'file adding true']);
      const again = await p.changes.add(t.uri('second.key'));
      expect(again.created).to.be.false;
      expect(rootStates(p)).to.deep.equal(['file active true', 'file active true']);
    });

    it('leaves nothing of a root in shares where it is aborted, as nobody gets its shares', async () => {
      const aborting = new AbortController();
      const onProgress = (): void => {
        aborting.abort(new RangeError('stop'));
      };
      await expectRejection(
        p.changes.add('shamir:2-of-3', {signal: aborting.signal, onProgress}),
        RangeError,
      );
      expect(rootStates(p)).to.deep.equal(['file active true']);
      await p.changes.add('shamir:2-of-3');
    });
  });

describe('RootChanges.add', () => {
  const t = useRootChanges();

  it('refuses while a root is neither open nor has a sealer', async () => {
    let p = await t.start();
    await t.sealSome(p);
    const first = onlyRoot(p).id;
    await p.changes.add(t.uri('second.key'));
    await rm(t.path('second.key'));
    p = await t.restart();
    const [, second] = await t.store.listRootWrappers();
    if (!second) throw new Error('There is no second root.');
    Reflect.deleteProperty((t.store as unknown as {rootWrappers: object[]}).rootWrappers[1] ?? {}, 'sealer');
    const error = await expectRejection(p.changes.add(t.uri('third.key')), RootOfTrustError);
    expect(error.message).to.include(`${second.uri} (${second.id}) is not open`);
    await p.changes.retire(second.id);
    expect(onlyRoot(p).id).to.equal(first);
    await p.changes.add(t.uri('third.key'));
  });
});
