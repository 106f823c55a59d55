import {expect} from 'chai';
import {UnavailableError} from '../../../lib/errors.ts';
import {rootSealerContext} from '../../../lib/sealing/key-hierarchy/contexts.ts';
import {fixedRoots} from '../../../lib/sealing/key-hierarchy/fixed-roots.ts';
import {KeyHierarchy} from '../../../lib/sealing/key-hierarchy/key-hierarchy.ts';
import type {RootSet} from '../../../lib/sealing/root-wrapper.ts';
import {ROOTS_SCOPE} from '../../../lib/sealing/scopes.ts';
import {KeyInUseError, KeyNotFoundError} from '../../../lib/sealing/sealing-errors.ts';
import {expectRejection} from '../expect-rejection.ts';
import {PLACE, PURPOSE, SECRET, storeRoot} from './fixture.ts';
import type {HierarchyStoreFixture, KeyHierarchySuiteOptions} from './key-hierarchy.suite.ts';
import {SealableRoot} from './sealable-root.ts';
import {TestRoots} from './test-roots.ts';

/** Several roots, of which not all are at hand, over every backend. */
export function describeRoots({name, create}: KeyHierarchySuiteOptions): void {
  describe(`KeyHierarchy, several roots, over ${name}`, () => {
    const file = new SealableRoot('file');
    const safe = new SealableRoot('safe');
    let fixture: HierarchyStoreFixture;
    let scope: string;
    let made: KeyHierarchy[];

    const newHierarchy = (roots: RootSet): KeyHierarchy => {
      const hierarchy = new KeyHierarchy({store: fixture.store, roots, purposes: [PURPOSE]});
      made.push(hierarchy);
      return hierarchy;
    };
    const withOpen = async (...open: readonly (readonly [string, SealableRoot])[]): Promise<KeyHierarchy> =>
      newHierarchy(await TestRoots.of(fixture.store, open));
    const storeSealer = async (by: KeyHierarchy, id: string, root: SealableRoot): Promise<void> => {
      const record = (await fixture.store.listRootWrappers()).find((each) => each.id === id)!;
      const wrapper = await by.rootSealerWrapper({create: true});
      const blob = await wrapper.seal(root.exportSealer(), rootSealerContext(record));
      const {state} = record;
      const sealer = {blob, dataKeyVersionId: wrapper.keyId};
      expect(await fixture.store.updateRootWrapper(id, {from: state, to: state, sealer})).to.be.true;
    };
    const activate = (id: string): Promise<boolean> =>
      fixture.store.updateRootWrapper(id, {from: 'adding', to: 'active'});
    const sealedUnder = async (of = scope): Promise<readonly (readonly string[])[]> =>
      (await fixture.store.findScope(of))!.rootKeyVersions.map(({sealed}) =>
        sealed.map(({rootWrapperId}) => rootWrapperId).sort(),
      );
    const seal = async (by: KeyHierarchy): Promise<Uint8Array> =>
      (await by.wrapperFor(scope, PURPOSE, {create: true})).seal(SECRET, PLACE);
    const expectOpens = async (by: KeyHierarchy, blob: Uint8Array): Promise<void> => {
      const opened = await (await by.wrapperFor(scope, PURPOSE)).open(blob, PLACE);
      expect(Buffer.from(opened).equals(SECRET)).to.be.true;
    };

    beforeEach(async () => {
      made = [];
      fixture = await create();
      [scope] = fixture.scopes;
      await storeRoot(fixture.store, 'rw_file', file);
    });
    afterEach(async () => {
      for (const hierarchy of made) await hierarchy.close();
      await fixture.close();
    });

    /** As an operator does: the safe's shares are at hand once. */
    const addSafe = async (): Promise<void> => {
      const alone = await withOpen(['rw_file', file]);
      await alone.rootSealerWrapper({create: true});
      await storeRoot(fixture.store, 'rw_safe', safe, 'adding');
      const both = await withOpen(['rw_file', file], ['rw_safe', safe]);
      await storeSealer(both, 'rw_file', file);
      await storeSealer(both, 'rw_safe', safe);
      await both.sealRootKeysUnder('rw_safe');
      expect(await activate('rw_safe')).to.be.true;
    };

    it('seals for a root that is not at hand by its sealer, and that root opens', async () => {
      await addSafe();
      const daily = await withOpen(['rw_file', file]);
      const blob = await seal(daily);
      await daily.rotateKeys(scope);
      expect(await sealedUnder()).to.deep.equal([
        ['rw_file', 'rw_safe'],
        ['rw_file', 'rw_safe'],
      ]);
      const emergency = await withOpen(['rw_safe', safe]);
      await expectOpens(emergency, blob);
      await emergency.rotateKeys(scope, {rewrap: true});
      await expectOpens(await withOpen(['rw_file', file]), blob);
    });

    it('makes no keys where a root is neither at hand nor has a sealer, and names it', async () => {
      await storeRoot(fixture.store, 'rw_safe', safe, 'adding');
      const daily = await withOpen(['rw_file', file]);
      const error = await expectRejection(seal(daily), UnavailableError);
      expect((error.cause as Error).message).to.include('test:rw_safe');
      expect(await fixture.store.findScope(scope)).to.be.undefined;
      await seal(await withOpen(['rw_file', file], ['rw_safe', safe]));
    });

    it('finds a sealer that another process has stored since', async () => {
      const daily = await withOpen(['rw_file', file]);
      await seal(daily);
      await addSafe();
      await daily.rotateKeys(scope);
      expect((await sealedUnder())[1]).to.deep.equal(['rw_file', 'rw_safe']);
    });

    it('refuses a sealer that is another root’s, or of another record', async () => {
      await addSafe();
      const daily = await withOpen(['rw_file', file]);
      const swap = async (root: SealableRoot, context: {id: string; wrapperKeyId: string}): Promise<void> => {
        const wrapper = await daily.rootSealerWrapper();
        const blob = await wrapper.seal(root.exportSealer(), rootSealerContext(context));
        const sealer = {blob, dataKeyVersionId: wrapper.keyId};
        await fixture.store.updateRootWrapper('rw_safe', {from: 'active', to: 'active', sealer});
      };
      const own = {id: 'rw_safe', wrapperKeyId: safe.keyId};
      for (const [root, context] of [
        [file, own],
        [safe, {id: 'rw_file', wrapperKeyId: file.keyId}],
      ] as const) {
        await swap(root, context);
        const error = await expectRejection(seal(await withOpen(['rw_file', file])), UnavailableError);
        expect((error.cause as Error).message).to.include('test:rw_safe');
      }
      await swap(safe, own);
      await seal(await withOpen(['rw_file', file]));
    });

    it('seals again where the set of roots has changed since it was read', async () => {
      const roots = await TestRoots.of(fixture.store, [
        ['rw_file', file],
        ['rw_safe', safe],
      ]);
      const ours = newHierarchy(roots);
      await storeRoot(fixture.store, 'rw_safe', safe, 'adding');
      await seal(ours);
      expect(await sealedUnder()).to.deep.equal([['rw_file', 'rw_safe']]);
      expect(roots.refreshes).to.equal(2);
    });

    it('gives up where the roots are never the store’s', async () => {
      const ours = newHierarchy(fixedRoots([{id: 'rw_file', wrapper: file}]));
      const blob = await seal(ours);
      await storeRoot(fixture.store, 'rw_safe', safe, 'adding');
      await expectRejection(ours.rotateKeys(scope), UnavailableError);
      expect(await sealedUnder()).to.have.length(1);
      await expectOpens(ours, blob);
    });

    it('seals nothing under a root that is being retired', async () => {
      await addSafe();
      const daily = await withOpen(['rw_file', file], ['rw_safe', safe]);
      const blob = await seal(daily);
      expect(await fixture.store.updateRootWrapper('rw_file', {from: 'active', to: 'retiring'})).to.be.true;
      await daily.rotateKeys(scope);
      expect((await sealedUnder())[1]).to.deep.equal(['rw_safe']);
      await expectOpens(await withOpen(['rw_safe', safe]), blob);
      await expectRejection(daily.sealRootKeysUnder('rw_file'), KeyNotFoundError);
    });

    describe('sealRootKeysUnder', () => {
      const SCOPES = Array.from({length: 7}, (_, i) => `scope ${i}`);

      it('seals every version of every scope, in batches, and tells how far it is', async () => {
        const ours = await withOpen(['rw_file', file], ['rw_safe', safe]);
        await ours.reconcileKeys(SCOPES, [PURPOSE]);
        await ours.rotateKeys(SCOPES[0]!);
        await storeRoot(fixture.store, 'rw_safe', safe, 'adding');
        await expectRejection(activate('rw_safe'), KeyInUseError);
        const all = await withOpen(['rw_file', file], ['rw_safe', safe]);
        const progress: object[] = [];
        await all.sealRootKeysUnder('rw_safe', {batch: 3, onProgress: (each) => progress.push(each)});
        expect(progress).to.deep.equal([0, 4, 7, 8].map((done) => ({done, total: 8})));
        expect(await activate('rw_safe')).to.be.true;
        await (await withOpen(['rw_safe', safe])).wrapperFor(SCOPES[6]!, PURPOSE);
      });

      it('stops where it is told to, and goes on from there', async () => {
        const ours = await withOpen(['rw_file', file], ['rw_safe', safe]);
        await ours.reconcileKeys(SCOPES, [PURPOSE]);
        await storeRoot(fixture.store, 'rw_safe', safe, 'adding');
        const all = await withOpen(['rw_file', file], ['rw_safe', safe]);
        const abort = new AbortController();
        const stopped = all.sealRootKeysUnder('rw_safe', {
          batch: 2,
          signal: abort.signal,
          onProgress: ({done}) => done === 4 && abort.abort(new Error('The operator has gone.')),
        });
        expect((await expectRejection(stopped, Error)).message).to.equal('The operator has gone.');
        expect(await fixture.store.countSealed('rw_safe')).to.deep.equal({sealed: 4, total: 7});
        await all.sealRootKeysUnder('rw_safe');
        expect(await activate('rw_safe')).to.be.true;
      });

      it('goes on by the sealer where the root has gone; but the hierarchy’s own keys need the root', async () => {
        const alone = await withOpen(['rw_file', file]);
        await alone.reconcileKeys(SCOPES, [PURPOSE]);
        await alone.rootSealerWrapper({create: true});
        await storeRoot(fixture.store, 'rw_safe', safe, 'adding');
        await storeSealer(await withOpen(['rw_file', file], ['rw_safe', safe]), 'rw_safe', safe);
        const daily = await withOpen(['rw_file', file]);
        const error = await expectRejection(daily.sealRootKeysUnder('rw_safe'), UnavailableError);
        expect((error.cause as Error).message).to.include('must be open');
        expect(await fixture.store.listScopesLacking('rw_safe', {limit: 10})).to.deep.equal([ROOTS_SCOPE]);
        await (await withOpen(['rw_file', file], ['rw_safe', safe])).sealRootKeysUnder('rw_safe');
        expect(await activate('rw_safe')).to.be.true;
      });

      it('refuses a root that there is not', async () => {
        const ours = await withOpen(['rw_file', file]);
        await seal(ours);
        await expectRejection(ours.sealRootKeysUnder('rw_none'), KeyNotFoundError);
        await ours.sealRootKeysUnder('rw_file');
      });
    });

    it('rewraps root key versions under a root that they lack', async () => {
      const alone = await withOpen(['rw_file', file]);
      const blob = await seal(alone);
      await alone.rotateKeys(scope);
      await storeRoot(fixture.store, 'rw_safe', safe, 'adding');
      await (await withOpen(['rw_file', file], ['rw_safe', safe])).rewrapKeys(scope);
      expect(await sealedUnder()).to.deep.equal([
        ['rw_file', 'rw_safe'],
        ['rw_file', 'rw_safe'],
      ]);
      await expectOpens(await withOpen(['rw_safe', safe]), blob);
    });

    it('rotates its own keys, with the sealers, and destroys the old', async () => {
      await addSafe();
      const daily = await withOpen(['rw_file', file]);
      await seal(daily);
      const infos = await daily.rotateKeys(ROOTS_SCOPE);
      const old = infos.map(({versions}) => versions[0]!.id);
      for (const id of old) await expectRejection(daily.revokeKeyVersion(id), KeyInUseError);
      await daily.rewrapKeys(ROOTS_SCOPE);
      for (const id of old) await daily.revokeKeyVersion(id);
      for (const {sealer} of await fixture.store.listRootWrappers())
        expect(sealer?.dataKeyVersionId).to.equal(infos[1]!.versions[1]!.id);
      await daily.rotateKeys(scope);
      const again = await withOpen(['rw_file', file]);
      await again.rotateKeys(scope);
      expect((await sealedUnder())[2]).to.deep.equal(['rw_file', 'rw_safe']);
      await (await withOpen(['rw_safe', safe])).rotateKeys(scope);
    });
  });
}
