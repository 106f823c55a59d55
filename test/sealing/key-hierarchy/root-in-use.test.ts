import {expect} from 'chai';
import {UnavailableError} from '../../../lib/errors.ts';
import {SealedBlobError} from '../../../lib/sealing/wrapper.ts';
import {expectRejection} from '../expect-rejection.ts';
import {PLACE, PURPOSE, SCOPE, SECRET, storeRoot, useHierarchy} from './fixture.ts';
import {fixedRoots} from '../../../lib/sealing/key-hierarchy/fixed-roots.ts';
import type {IdentifiedRootWrapper} from '../../../lib/sealing/root-wrapper.ts';
import {FaultyRootWrapper} from '../faulty-root-wrapper.ts';

describe('KeyHierarchy: the root of trust in use', () => {
  const t = useHierarchy();

  describe('several root wrappers', () => {
    let second: FaultyRootWrapper;
    let both: readonly IdentifiedRootWrapper[];
    beforeEach(async () => {
      second = new FaultyRootWrapper('second', new Uint8Array(32).fill(2));
      both = [
        {id: 'rw_1', wrapper: t.root},
        {id: 'rw_2', wrapper: second},
      ];
      await storeRoot(t.store, 'rw_2', second, 'adding');
      t.hierarchy = t.newHierarchy({roots: fixedRoots(both)});
    });

    it('seal each root key; any one of them opens it', async () => {
      const wrapper = await t.hierarchy.wrapperFor(SCOPE, PURPOSE, {create: true});
      const blob = await wrapper.seal(SECRET, PLACE);
      for (const root of both) {
        const opening = await t.newHierarchy({roots: fixedRoots([root])}).wrapperFor(SCOPE, PURPOSE);
        expect(Buffer.from(await opening.open(blob, PLACE)).equals(SECRET)).to.be.true;
      }
    });

    it('stand in for one that fails, or whose blob was changed', async () => {
      await t.hierarchy.wrapperFor(SCOPE, PURPOSE, {create: true});
      t.root.faults.set('open', new Error('The device was pulled out.'));
      await t.newHierarchy({roots: fixedRoots(both)}).wrapperFor(SCOPE, PURPOSE);
      t.root.faults.set('open', new SealedBlobError());
      await t.newHierarchy({roots: fixedRoots(both)}).wrapperFor(SCOPE, PURPOSE);
      second.faults.set('open', new SealedBlobError());
      await expectRejection(
        t.newHierarchy({roots: fixedRoots(both)}).wrapperFor(SCOPE, PURPOSE),
        SealedBlobError,
      );
      t.root.faults.set('open', new Error('The device was pulled out.'));
      await expectRejection(
        t.newHierarchy({roots: fixedRoots(both)}).wrapperFor(SCOPE, PURPOSE),
        UnavailableError,
      );
    });

    it('must all be there to make keys', async () => {
      second.faults.set('seal', new Error('The device was pulled out.'));
      await expectRejection(t.hierarchy.wrapperFor(SCOPE, PURPOSE, {create: true}), UnavailableError);
      expect(t.store.scopes.size).to.equal(0);
    });
  });

  describe('a root of trust that fails in use', () => {
    const fault = new Error('The device was pulled out.');

    it('makes sealing unavailable, the cause kept, and recovers', async () => {
      t.root.faults.set('seal', fault);
      const error = await expectRejection(
        t.hierarchy.wrapperFor(SCOPE, PURPOSE, {create: true}),
        UnavailableError,
      );
      expect(error.message).to.equal('The root of trust cannot be used now.');
      expect(error.cause).to.equal(fault);
      t.root.faults.clear();
      await t.hierarchy.wrapperFor(SCOPE, PURPOSE, {create: true});
    });

    it('makes opening unavailable, the cause kept, and recovers', async () => {
      await t.newHierarchy().wrapperFor(SCOPE, PURPOSE, {create: true});
      t.root.faults.set('open', fault);
      const error = await expectRejection(t.hierarchy.wrapperFor(SCOPE, PURPOSE), UnavailableError);
      expect((error.cause as AggregateError).errors).to.deep.equal([fault]);
      t.root.faults.clear();
      await t.hierarchy.wrapperFor(SCOPE, PURPOSE);
    });

    it('is unavailable where none of the wrappers at hand has sealed the key', async () => {
      await t.hierarchy.wrapperFor(SCOPE, PURPOSE, {create: true});
      t.hierarchy = t.newHierarchy({roots: fixedRoots([{id: 'rw_9', wrapper: t.root}])});
      const error = await expectRejection(t.hierarchy.wrapperFor(SCOPE, PURPOSE), UnavailableError);
      expect((error.cause as Error).message).to.include('No root wrapper at hand');
    });
  });

  describe('check', () => {
    it('asks the root wrapper, seals and opens', async () => {
      await t.hierarchy.check();
      expect(t.root.calls).to.deep.equal({check: 1, seal: 1, open: 1, close: 0});
    });

    it('opens each time, and seals once a minute, as sealing uses up nonces', async () => {
      let now = 0;
      t.hierarchy = t.newHierarchy({clock: () => now});
      for (now of [0, 1, 59_999, 60_000, 60_001]) await t.hierarchy.check();
      expect(t.root.calls).to.deep.equal({check: 5, seal: 2, open: 5, close: 0});
    });

    it('asks once for callers at the same time', async () => {
      await Promise.all([t.hierarchy.check(), t.hierarchy.check(), t.hierarchy.check()]);
      expect(t.root.calls.check).to.equal(1);
    });

    it('fails, the cause kept, wherever the root wrapper does, and recovers', async () => {
      const fault = new Error('The device was pulled out.');
      for (const call of ['check', 'seal', 'open'] as const) {
        t.hierarchy = t.newHierarchy();
        t.root.faults.set(call, fault);
        const error = await expectRejection(t.hierarchy.check(), UnavailableError);
        expect(error.cause).to.equal(fault);
        t.root.faults.clear();
        await t.hierarchy.check();
      }
    });

    it('fails where the wrapper opens something else', async () => {
      t.root.afterOpen = () => Buffer.from('junk');
      const error = await expectRejection(t.hierarchy.check(), UnavailableError);
      expect(error.cause).to.be.instanceOf(SealedBlobError);
    });
  });
});
