import {rm} from 'node:fs/promises';
import {expect} from 'chai';
import {RootOfTrustError} from '../../lib/sealing/root-of-trust-error.ts';
import {KeyInUseError, KeyNotFoundError} from '../../lib/sealing/sealing-errors.ts';
import {expectRejection} from './expect-rejection.ts';
import {onlyRoot, rootStates, useRootChanges, type Process} from './root-changes-fixture.ts';

for (const backend of ['memory', 'sqlite'] as const)
  describe(`RootChanges.retire, ${backend}`, () => {
    const t = useRootChanges({backend});
    let p: Process;
    beforeEach(async () => {
      p = await t.start();
      await t.sealSome(p);
    });

    it('deletes what is sealed under a root, and forgets it', async () => {
      const first = onlyRoot(p).id;
      await p.changes.add(t.uri('second.key'));
      const progress: object[] = [];
      await p.changes.retire(first, {onProgress: (step) => progress.push(step)});
      expect(progress).to.deep.equal([
        {done: 0, total: 4},
        {done: 4, total: 4},
      ]);
      expect(onlyRoot(p).uri).to.equal(t.uri('second.key'));
      await rm(t.path('first.key'));
      await t.sealSome(p);
      p = await t.restart();
      await t.expectAllOpen(p);
      await expectRejection(p.changes.retire(first), KeyNotFoundError);
    });

    it('refuses the only root, and one beside which none is open that can be relied on', async () => {
      const first = onlyRoot(p).id;
      expect((await expectRejection(p.changes.retire(first), KeyInUseError)).message).to.include(
        'no other one is open',
      );
      const {shares = []} = await p.changes.add('shamir:2-of-2');
      const closed = await expectRejection(p.changes.retire(first), KeyInUseError);
      expect(closed.message).to.include('webkms admin unseal');
      await p.root.offerShare(shares[0] ?? '');
      await expectRejection(p.changes.retire(first), KeyInUseError);
      expect(rootStates(p)).to.deep.equal(['file active true', 'shamir active false']);
      await p.root.offerShare(shares[1] ?? '');
      await p.changes.retire(first);
      expect(rootStates(p)).to.deep.equal(['shamir active true']);
      await t.expectAllOpen(p);
    });

    it('refuses where the file of the other root has gone', async () => {
      const first = onlyRoot(p).id;
      await p.changes.add(t.uri('second.key'));
      await rm(t.path('second.key'));
      const error = await expectRejection(p.changes.retire(first), KeyInUseError);
      expect(error.message).to.include('no other one can be relied on').and.include('second.key');
      expect(rootStates(p)).to.deep.equal(['file active true', 'file active true']);
    });

    it('refuses while sealed, and an id that there is not', async () => {
      const {id} = await p.changes.add(t.uri('second.key'));
      await expectRejection(p.changes.retire('rw_other'), KeyNotFoundError);
      await p.root.seal();
      await expectRejection(p.changes.retire(id), KeyInUseError);
      await p.root.unsealStored();
      await p.changes.retire(id);
    });

    it('closes a root in shares for good: its shares are foreign then', async () => {
      const {id, shares = []} = await p.changes.add('shamir:2-of-2');
      for (const share of shares) await p.root.offerShare(share);
      await p.changes.retire(id);
      const error = await expectRejection(p.root.offerShare(shares[0] ?? ''), RootOfTrustError);
      expect(error.reason).to.equal('foreign-key');
    });

    describe('of another process', () => {
      it('is honoured when the store is read again', async () => {
        const other = await t.start();
        const {id} = await other.changes.add(t.uri('second.key'));
        expect(rootStates(p)).to.deep.equal(['file active true']);
        await p.hierarchy.refresh();
        expect(rootStates(p)).to.deep.equal(['file active true', 'file active true']);
        const first = other.changes.list()[0]?.id ?? '';
        await other.changes.retire(first);
        // Before it has heard of that, it makes keys under the roots that there are.
        await t.sealSome(p);
        await p.hierarchy.refresh();
        expect(onlyRoot(p).id).to.equal(id);
        await t.expectAllOpen(p);
      });
    });
  });
