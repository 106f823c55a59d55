import {rm} from 'node:fs/promises';
import {expect} from 'chai';
import {
  useRootChanges,
  type FaultPlan,
  type Process,
  type RootChangesFixture,
} from './root-changes-fixture.ts';

/** More than any change here makes. */
const MAX_CALLS = 300;

interface Attempt {
  readonly process: Process;
  /** Whether the change was done before the fault came. */
  readonly done: boolean;
}

describe('RootChanges in trouble', function () {
  this.timeout(60_000);
  const t = useRootChanges();

  const firstId = async (): Promise<string> => (await t.store.listRootWrappers())[0]?.id ?? '';
  const states = (p: Process): string[] => p.changes.list().map(({kind, state}) => `${kind} ${state}`);

  /**
   * Runs `work` on a new store again and again, with the fault one call later each time, until it comes too late.
   * @returns how many faults there were.
   */
  const atEveryCall = async (
    plan: (fixture: RootChangesFixture) => FaultPlan,
    fault: {readonly after: boolean; readonly dies: boolean},
    {
      prepare,
      work,
      expectSound,
    }: {
      readonly prepare?: (p: Process) => Promise<unknown>;
      readonly work: (p: Process) => Promise<unknown>;
      readonly expectSound: (attempt: Attempt) => Promise<void>;
    },
  ): Promise<number> => {
    for (let at = 0; at < MAX_CALLS; at++) {
      const process = await t.start();
      await t.sealSome(process);
      await prepare?.(process);
      const faults = plan(t);
      faults.calls = 0;
      faults.fault = {at, ...fault};
      const done = await work(process).then(
        () => true,
        () => false,
      );
      const came = faults.calls > at;
      try {
        await expectSound({process, done});
      } catch (error) {
        throw new Error(`After a fault at call ${at}`, {cause: error});
      }
      await t.reset();
      for (const name of ['first.key', 'second.key']) await rm(t.path(name), {force: true});
      if (!came) return at;
    }
    throw new Error('There are more calls than were thought.');
  };

  for (const after of [false, true]) {
    const when = after ? 'after' : 'before';

    it(`add of a file, killed ${when} each call of the store: it is finished by adding it again`, async () => {
      const faults = await atEveryCall(
        (f) => f.storeFaults,
        {after, dies: true},
        {
          work: (p) => p.changes.add(t.uri('second.key')),
          expectSound: async () => {
            const p = await t.restart();
            await t.expectAllOpen(p);
            await t.sealSome(p, 1);
            await p.changes.add(t.uri('second.key')).catch((error: unknown) => {
              expect(error).to.include({reason: 'exists'});
            });
            expect(states(p)).to.deep.equal(['file active', 'file active']);
            await p.changes.retire(await firstId());
            await t.expectAllOpen(p);
          },
        },
      );
      expect(faults).to.be.greaterThan(15);
    });

    it(`add of a file, killed ${when} each call of the store: it is finished by the next start`, async () => {
      await atEveryCall(
        (f) => f.storeFaults,
        {after, dies: true},
        {
          work: (p) => p.changes.add(t.uri('second.key')),
          expectSound: async () => {
            const p = await t.restart();
            await p.changes.resume();
            expect(states(p)).to.deep.equal(p.root.records().map(() => 'file active'));
            await t.expectAllOpen(p);
            await p.changes.resume();
          },
        },
      );
    });

    it(`add of shares, killed ${when} each call of the store: nothing is left that nobody has shares of, or it is listed`, async () => {
      await atEveryCall(
        (f) => f.storeFaults,
        {after, dies: true},
        {
          work: (p) => p.changes.add('shamir:2-of-3'),
          expectSound: async () => {
            const p = await t.restart();
            await t.sealSome(p, 1);
            await p.changes.resume();
            expect(states(p).join()).to.be.oneOf(['file active', 'file active,shamir active']);
            await t.expectAllOpen(p);
            const {shares = [], id} = await p.changes.add('shamir:2-of-3');
            for (const share of shares.slice(1)) await p.root.offerShare(share);
            for (const record of p.root.records()) if (record.id !== id) await p.changes.retire(record.id);
            expect(states(p)).to.deep.equal(['shamir active']);
            await t.expectAllOpen(p);
          },
        },
      );
    });

    it(`retire, killed ${when} each call of the store: it is finished by the next start`, async () => {
      const faults = await atEveryCall(
        (f) => f.storeFaults,
        {after, dies: true},
        {
          prepare: (p) => p.changes.add(t.uri('second.key')),
          work: async (p) => p.changes.retire(await firstId()),
          expectSound: async () => {
            const p = await t.restart();
            await t.expectAllOpen(p);
            await t.sealSome(p, 1);
            await p.changes.resume();
            expect(states(p).join()).to.be.oneOf(['file active', 'file active,file active']);
            if (states(p).length === 2) await p.changes.retire(await firstId());
            await rm(t.path('first.key'));
            const q = await t.restart();
            expect(states(q)).to.deep.equal(['file active']);
            await t.expectAllOpen(q);
          },
        },
      );
      expect(faults).to.be.greaterThan(8);
    });
  }

  for (const dies of [false, true]) {
    const what = dies ? 'fails from some call on' : 'fails once';

    it(`add and retire while a root ${what}: they fail, or are done, and can be done again`, async () => {
      const faults = await atEveryCall(
        (f) => f.rootFaults,
        {after: false, dies},
        {
          work: async (p) => {
            await p.changes.add(t.uri('second.key'));
            await p.changes.retire(await firstId());
          },
          expectSound: async ({process: p, done}) => {
            t.rootFaults.fault = undefined;
            await t.expectAllOpen(p);
            await p.changes.resume();
            if (!done && states(p).length === 1)
              await p.changes.add(t.uri('second.key')).catch(() => undefined);
            expect(new Set(states(p))).to.deep.equal(new Set(['file active']));
            if (states(p).length === 2) await p.changes.retire(await firstId());
            await rm(t.path('first.key'));
            const q = await t.restart();
            expect(states(q)).to.deep.equal(['file active']);
            await t.expectAllOpen(q);
          },
        },
      );
      expect(faults).to.be.greaterThan(8);
    });

    it(`add of shares while the store ${what}: it fails without a trace, or can be resumed`, async () => {
      await atEveryCall(
        (f) => f.storeFaults,
        {after: false, dies},
        {
          work: (p) => p.changes.add('shamir:2-of-2'),
          expectSound: async ({process: p, done}) => {
            t.storeFaults.fault = undefined;
            await p.changes.resume();
            if (!done) expect(states(p).join()).to.be.oneOf(['file active', 'file active,shamir active']);
            await t.expectAllOpen(p);
            const {shares = []} = await p.changes.add('shamir:2-of-2');
            for (const share of shares) await p.root.offerShare(share);
            await p.changes.retire(await firstId());
            await t.expectAllOpen(p);
          },
        },
      );
    });
  }
});
