import {expect} from 'chai';
import {RootOfTrustError} from '../../lib/sealing/root-of-trust-error.ts';
import type {RootOfTrust} from '../../lib/sealing/root-of-trust.ts';
import type {RootWrapper} from '../../lib/sealing/root-wrapper.ts';
import {FileWrapper} from '../../lib/sealing/wrappers/file-wrapper.ts';
import {UsedRoots} from '../../lib/sealing/used-roots.ts';
import {ShamirWrapper} from '../../lib/sealing/wrappers/shamir-wrapper.ts';
import type {RootWrapperRecord} from '../../lib/storage/key-hierarchy-store.ts';
import {expectRejection} from './expect-rejection.ts';
import {useRootOfTrust} from './root-of-trust-fixture.ts';
import {vouchForRoots} from './vouch-for-roots.ts';

const SHARED = 'shamir:2-of-2';

/** The store is read by way of somebody who has a root of their own, and lists what suits them. */
describe('RootOfTrust over a store that lies', () => {
  const t = useRootOfTrust();
  const setting = (): string => t.uri('root.key');
  const open = (root: RootOfTrust): string[] => root.opened().map(({id}) => id);

  let own: RootWrapper;
  let file: RootWrapper;
  let real: RootWrapperRecord;
  let foreign: RootWrapperRecord;
  let shares: readonly string[];

  /** What the store lists from now on: with sealers of a scope that those of `by` made. */
  async function show(records: readonly RootWrapperRecord[], by: readonly RootWrapper[]): Promise<void> {
    t.store.rootWrappers.splice(0, Infinity, ...records);
    if (by.length > 0) await vouchForRoots(t.store, by, [own, file]);
  }

  const record = (id: string, {uri, keyId}: RootWrapper): RootWrapperRecord => ({
    ...{id, uri, wrapperKeyId: keyId, createdAt: 2, state: 'active'},
  });

  async function give(root: RootOfTrust): Promise<void> {
    for (const share of shares) await root.offerShare(share);
  }

  beforeEach(async () => {
    await (await t.open(setting())).close();
    const split = await ShamirWrapper.split(SHARED);
    shares = split.shares;
    own = split.wrapper;
    file = await FileWrapper.open(setting());
    real = record('rw_real', file);
    foreign = record('rw_foreign', own);
  });

  for (const named of [undefined, [SHARED]]) {
    describe(named ? 'which it knows of' : 'which it does not know of', () => {
      it('has no root of theirs in use beside its own, which came first', async () => {
        await show([real], []);
        const root = await t.open(setting(), {named});
        expect(open(root)).to.deep.equal(['rw_real']);
        await show([real, foreign], [own]);
        expect((await expectRejection(give(root), RootOfTrustError)).reason).to.equal('not-vouched');
        const handed = [{id: 'rw_foreign', uri: SHARED, secret: own.exportSecret!()}];
        await root.follow('unseal', handed);
        expect(open(root)).to.deep.equal(['rw_real']);
      });

      // Of a store of its own a process believes what is being added.
      for (const state of named ? (['active', 'adding'] as const) : (['active'] as const)) {
        it(`nor where theirs came first, and its own is said to be ${state}`, async () => {
          await show([foreign], [own]);
          const root = await t.open(setting(), {named});
          await give(root);
          expect(open(root)).to.deep.equal(['rw_foreign']);
          await show([foreign, {...real, state}], [own]);
          await root.unsealStored();
          expect(open(root)).to.deep.equal(['rw_foreign']);
          await root.seal();
          await root.unsealStored();
          expect(open(root)).to.not.have.length(2);
        });
      }

      it('forgets what one has opened before another one is in use', async () => {
        await show([foreign], [own]);
        const root = await t.open(setting(), {named});
        await give(root);
        const told: boolean[] = [];
        root.onSealedChange((sealed) => told.push(sealed));
        await show([real], []);
        await root.unsealStored();
        expect(told[0]).to.equal(true);
      });
    });
  }

  it('is bound to the roots that it has used, where the store may lie', async () => {
    await show([real], []);
    const root = await t.open(setting(), {named: [SHARED]});
    await show([foreign], [own]);
    await root.refresh();
    expect(root.isSealed()).to.equal(true);
    expect((await expectRejection(give(root), RootOfTrustError)).reason).to.equal('not-vouched');
    await root.follow('unseal', [{id: 'rw_foreign', uri: SHARED, secret: own.exportSecret!()}]);
    expect(root.isSealed()).to.equal(true);
    await show([real], []);
    await root.unsealStored();
    expect(open(root)).to.deep.equal(['rw_real']);
  });

  it('is bound to what other processes of the server have used, where the store may lie', async () => {
    const used = new UsedRoots();
    const begin = (named: readonly string[] | undefined, by = used): Promise<RootOfTrust> =>
      t.open(setting(), {named, from: {sealed: false, roots: [], used: by}});
    await show([real], []);
    expect(open(await begin([SHARED]))).to.deep.equal(['rw_real']);
    expect(used.list()).to.deep.equal([real.wrapperKeyId]);
    await show([foreign], [own]);
    const anew = await begin([SHARED]);
    expect((await expectRejection(give(anew), RootOfTrustError)).reason).to.equal('not-vouched');
    await anew.follow('unseal', [{id: 'rw_foreign', uri: SHARED, secret: own.exportSecret!()}]);
    expect(anew.isSealed()).to.equal(true);
    await show([real], []);
    await anew.unsealStored();
    expect(open(anew)).to.deep.equal(['rw_real']);
    await show([foreign], [own]);
    for (const free of [await begin(undefined), await begin([SHARED], new UsedRoots())]) {
      await give(free);
      expect(open(free)).to.deep.equal(['rw_foreign']);
    }
  });

  it('uses what one that was in use has vouched for, also when that is away', async () => {
    await show([real, foreign], [file, own]);
    const root = await t.open(setting(), {named: [SHARED]});
    expect(open(root)).to.deep.equal(['rw_real']);
    await root.seal();
    await give(root);
    expect(open(root)).to.deep.equal(['rw_foreign']);
    await root.unsealStored();
    expect(open(root)).to.have.members(['rw_real', 'rw_foreign']);
  });

  it('uses no root that the settings do not name, where the store may lie', async () => {
    await show([foreign], [own]);
    const root = await t.open(setting(), {named: []});
    expect((await expectRejection(give(root), RootOfTrustError)).reason).to.equal('not-vouched');
    await root.follow('unseal', [{id: 'rw_foreign', uri: SHARED, secret: own.exportSecret!()}]);
    expect(root.isSealed()).to.equal(true);
  });

  it('takes from another process what is not its own only where all vouch for each other', async () => {
    await show([real, {...foreign}], [file]);
    t.store.rootWrappers[1] = foreign;
    const lied = await t.open(SHARED, {
      from: {sealed: false, roots: [{id: 'rw_foreign', uri: SHARED, secret: own.exportSecret!()}]},
    });
    expect(open(lied)).to.deep.equal(['rw_real']);
    await show([real, foreign], [file, own]);
    const told = await t.open(SHARED, {
      from: {sealed: false, roots: [{id: 'rw_foreign', uri: SHARED, secret: own.exportSecret!()}]},
    });
    expect(open(told)).to.have.members(['rw_real', 'rw_foreign']);
  });
});
