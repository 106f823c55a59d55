import {rename} from 'node:fs/promises';
import {setTimeout as sleep} from 'node:timers/promises';
import {expect} from 'chai';
import {UnavailableError} from '../../lib/errors.ts';
import type {RootOfTrust} from '../../lib/sealing/root-of-trust.ts';
import {RootWatch} from '../../lib/sealing/root-watch.ts';
import type {RootWrapper} from '../../lib/sealing/root-wrapper.ts';
import {FileWrapper} from '../../lib/sealing/wrappers/file-wrapper.ts';
import {until} from '../maintenance/until.ts';
import {useRootOfTrust} from './root-of-trust-fixture.ts';
import {vouchForRoots} from './vouch-for-roots.ts';

describe('RootWatch', () => {
  const t = useRootOfTrust();
  const stops: (() => void)[] = [];
  const logged = (): string[] => t.lines.map(({level, message}) => `${level}: ${message}`);
  const move = (from: string, to: string): Promise<void> => rename(t.path(from), t.path(to));
  const known: RootWrapper[] = [];

  /** A second root, in a file. */
  async function list(name: string): Promise<string> {
    const wrapper = await FileWrapper.create(t.uri(name));
    const [id, {uri, keyId: wrapperKeyId}] = [`rw_${name}`, wrapper];
    t.store.rootWrappers.push({id, uri, wrapperKeyId, createdAt: 2, state: 'active'});
    known.push(wrapper);
    await vouchForRoots(t.store, known);
    return id;
  }
  function watch(root: RootOfTrust, {firstMs = 2, mostMs = 8} = {}): RootWatch {
    const made = new RootWatch({root, log: t.log, firstMs, mostMs});
    stops.push(made.start());
    return made;
  }
  async function openWithout(name: string): Promise<RootOfTrust> {
    await move(name, 'away');
    const root = await t.open(t.uri('first.key'));
    t.lines = [];
    return root;
  }

  beforeEach(async () => {
    await t.open(t.uri('first.key'));
    known.splice(0, Infinity, await FileWrapper.open(t.uri('first.key')));
  });
  afterEach(() => {
    for (const stop of stops.splice(0)) stop();
  });

  it('opens a root that was not there when the server started, and says so once', async () => {
    const id = await list('second.key');
    const root = await openWithout('second.key');
    const made = watch(root);
    await sleep(30);
    expect(t.lines).to.deep.equal([]);
    expect(made.isAwaiting).to.equal(true);
    expect(made.status().map(({open, awaited}) => [open, awaited])).to.deep.equal([
      [true, undefined],
      [false, true],
    ]);
    await move('away', 'second.key');
    await until(async () => root.status().every(({open}) => open));
    await sleep(30);
    expect(t.lines).to.deep.equal([
      {
        level: 'info',
        fields: {id, uri: t.uri('second.key')},
        message: 'a root of trust is back, and open',
      },
    ]);
    expect(made.isAwaiting).to.equal(false);
    expect(made.status().some(({awaited}) => awaited)).to.equal(false);
  });

  it('opens the one without which the server is sealed', async () => {
    await list('second.key');
    t.store.rootWrappers.push({
      id: 'rw_shares',
      uri: 'shamir:2-of-3',
      wrapperKeyId: 'A'.repeat(22),
      createdAt: 3,
      state: 'active',
    });
    await move('first.key', 'away');
    await move('second.key', 'away too');
    const root = await t.open(t.uri('first.key'));
    expect(root.isSealed()).to.equal(true);
    const told: boolean[] = [];
    root.onSealedChange((sealed) => told.push(sealed));
    watch(root);
    await move('away', 'first.key');
    await until(async () => told.length > 0);
    expect(told).to.deep.equal([false]);
  });

  it('tries none while an operator has sealed the server', async () => {
    await list('second.key');
    const root = await openWithout('second.key');
    const made = watch(root);
    await root.seal();
    await move('away', 'second.key');
    await sleep(40);
    expect(root.status().map(({open}) => open)).to.deep.equal([false, false]);
    expect(made.isAwaiting).to.equal(false);
    await root.unsealStored();
    expect(root.status().map(({open}) => open)).to.deep.equal([true, true]);
  });

  it('tries what is there, and is another, no more, and says why once', async () => {
    await list('second.key');
    const root = await openWithout('second.key');
    const made = watch(root);
    await (await FileWrapper.create(t.uri('second.key'))).close();
    await until(async () => t.lines.length > 0);
    await sleep(30);
    expect(logged()).to.deep.equal(['warn: a root of trust cannot be opened, and is not tried again']);
    expect(made.isAwaiting).to.equal(false);
    expect(root.status()[1]?.reason).to.include('is not the one that the store was sealed with');
  });

  it('tries none that nobody vouches for any more', async () => {
    await list('second.key');
    const root = await openWithout('second.key');
    // Somebody puts another root, whose key they have, in its place.
    const foreign = await FileWrapper.create(t.uri('second.key'));
    t.store.rootWrappers[1] = {...t.store.rootWrappers[1]!, wrapperKeyId: foreign.keyId};
    await root.refresh();
    watch(root);
    await until(async () => t.lines.length > 0);
    expect(root.status()[1]).to.include({open: false}).and.property('reason').includes('Nothing shows');
    await foreign.close();
  });

  it('says once that a root in use is lost, why, and that it is back', async () => {
    const id = await list('second.key');
    const root = await t.open(t.uri('first.key'));
    t.lines = [];
    const made = watch(root);
    await move('second.key', 'away');
    await until(async () => made.status()[1]?.problem);
    expect(made.status()[1]).to.include({open: true, id});
    expect(made.status()[1]?.problem).to.include('does not exist');
    await sleep(30);
    await move('away', 'second.key');
    await until(async () => made.status()[1]?.problem === undefined);
    await sleep(30);
    expect(logged()).to.deep.equal([
      'warn: a root of trust cannot be used now',
      'info: a root of trust can be used again',
    ]);
  });

  it('goes on where the store cannot be reached for a while, and stops when it is told to', async () => {
    await list('second.key');
    const root = await openWithout('second.key');
    await move('away', 'second.key');
    const read = t.store.listRootWrappers.bind(t.store);
    t.store.listRootWrappers = async () => {
      throw new UnavailableError('The store is away.');
    };
    watch(root);
    await until(async () => t.lines.length > 0);
    t.store.listRootWrappers = read;
    await until(async () => root.status().every(({open}) => open));
    for (const stop of stops.splice(0)) stop();
    await sleep(20);
    await move('second.key', 'away');
    t.lines = [];
    await sleep(40);
    expect(t.lines).to.deep.equal([]);
  });

  it('waits longer each time, up to a bound, and begins anew when something else is missing', async () => {
    await list('second.key');
    const root = await openWithout('second.key');
    const tries: number[] = [];
    const counting = {
      opened: () => root.opened(),
      status: () => root.status(),
      awaited: () => root.awaited(),
      tryAgain: async () => {
        tries.push(performance.now());
        return false;
      },
    };
    stops.push(new RootWatch({root: counting, log: t.log, firstMs: 10, mostMs: 80}).start());
    await until(async () => tries.length === 6);
    const pauses = tries.slice(1).map((at, index) => at - (tries[index] ?? 0));
    // At least so long each: a busy machine only makes them longer.
    for (const [index, least] of [20, 40, 80, 80].entries())
      expect(pauses[index + 1]).to.be.at.least(least - 2);
  });
});
