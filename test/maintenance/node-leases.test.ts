import {expect} from 'chai';
import {UnavailableError} from '../../lib/errors.ts';
import {NodeLeases, type NodeLeasesOptions} from '../../lib/maintenance/node-leases.ts';
import type {LeaseStore} from '../../lib/storage/lease-store.ts';
import {openHandles} from '../storage/sqlite/temporary-store.ts';
import type {StoreHandles} from '../storage/store-suite.ts';

const EVERY = {everyMs: 60_000};

describe('leases of nodes', () => {
  let handles: StoreHandles;
  let now = 1_000_000;
  let warnings: string[] = [];
  const node = (holder: string, options: Partial<NodeLeasesOptions> = {}): NodeLeases =>
    new NodeLeases({
      leases: holder === 'a' ? handles.stores.leases : handles.other.leases,
      holder,
      log: {warn: (_fields, message) => void warnings.push(message)},
      clock: () => now,
      ...options,
    });

  beforeEach(async () => {
    handles = await openHandles();
    warnings = [];
  });
  afterEach(() => handles.close());

  it('give a round to one node, and the next one to whoever asks first', async () => {
    const [a, b] = [node('a'), node('b')];
    const outcomes = await Promise.all([a.mayRun('tidy', EVERY), b.mayRun('tidy', EVERY)]);
    expect(outcomes.filter(Boolean)).to.have.length(1);
    expect(await b.mayRun('other', EVERY), 'another name is another lease').to.equal(true);
    now += EVERY.everyMs;
    expect(await b.mayRun('tidy', EVERY)).to.equal(true);
    expect(await a.mayRun('tidy', EVERY)).to.equal(false);
    expect(await b.mayRun('tidy', EVERY), 'its own round goes on').to.equal(true);
  });

  it('leave a round out where the store cannot say', async () => {
    const leases: LeaseStore = {
      acquire: () => Promise.reject(new UnavailableError('The store is gone.')),
      release: () => Promise.reject(new UnavailableError('The store is gone.')),
    };
    expect(await node('a', {leases}).mayRun('tidy', EVERY)).to.equal(false);
    expect(warnings).to.deep.equal(['the store could not be asked whose turn it is']);
  });

  it('keep others from work while it is done, and no longer', async () => {
    const [a, b] = [node('a'), node('b')];
    let worked = 0;
    const done = await a.whileHeld('roots', async (signal) => {
      worked++;
      expect(await b.whileHeld('roots', () => Promise.reject(new Error('both did it')))).to.equal(false);
      expect(signal.aborted).to.equal(false);
    });
    expect(done).to.equal(true);
    expect(
      await b.whileHeld('roots', async () => {
        worked++;
      }),
    ).to.equal(true);
    expect(worked).to.equal(2);
  });

  it('are given back where the work fails', async () => {
    const failing = node('a').whileHeld('roots', () => Promise.reject(new RangeError('it failed')));
    expect(await failing.catch((error: unknown) => error)).to.be.instanceOf(RangeError);
    expect(await node('b').whileHeld('roots', async () => undefined)).to.equal(true);
  });

  it('tell work to stop where another node has taken it over', async () => {
    const a = node('a', {leaseMs: 30});
    const stopped = a.whileHeld('roots', async (signal) => {
      now += 30;
      expect(
        await handles.other.leases.acquire('roots', {holder: 'b', now, expiresAt: now + 60_000}),
      ).to.equal(true);
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      signal.throwIfAborted();
    });
    expect(String(await stopped.catch((error: unknown) => error))).to.include('Another node does it now.');
    expect(await a.whileHeld('roots', async () => undefined), 'its release did not take it away').to.equal(
      false,
    );
  });

  it('tell work to stop once they have run out in a store that is gone', async () => {
    const {leases} = handles.stores;
    let gone = false;
    const failing: LeaseStore = {
      acquire: (...lease) => (gone ? Promise.reject(new UnavailableError('gone')) : leases.acquire(...lease)),
      release: (...lease) => leases.release(...lease),
    };
    let abortedAt = 0;
    await node('a', {leases: failing, leaseMs: 30}).whileHeld('roots', async (signal) => {
      gone = true;
      signal.addEventListener('abort', () => (abortedAt = now));
      while (warnings.length === 0) await new Promise(setImmediate);
      expect(signal.aborted, 'it has not run out yet').to.equal(false);
      now += 30;
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    });
    expect(abortedAt).to.equal(now);
  });
});
