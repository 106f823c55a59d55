import {expect} from 'chai';
import {MoveError} from '../../lib/moving/move-error.ts';
import {whileMoving} from '../../lib/moving/while-moving.ts';
import {openHandles} from '../storage/sqlite/temporary-store.ts';
import type {StoreHandles} from '../storage/store-suite.ts';

describe('whileMoving', () => {
  let source: StoreHandles;
  let target: StoreHandles;
  const {signal} = new AbortController();

  beforeEach(async () => {
    [source, target] = [await openHandles(), await openHandles()];
  });
  afterEach(async () => {
    await source.close();
    await target.close();
  });

  const both = () => [
    {leases: source.stores.leases, shown: 'the source'},
    {leases: target.stores.leases, shown: 'the target'},
  ];
  const run = <T>(holder: string, work: () => Promise<T>, patienceMs = 0): Promise<T> =>
    whileMoving(both(), {holder, signal, patienceMs}, work);

  it('lets one work at a time, on either store', async () => {
    const outcome = await run('a', async () => {
      const second = await run('b', async () => 'both').catch((error: unknown) => error);
      expect(second).to.be.instanceOf(MoveError).with.property('message').that.includes('the source');
      const onTarget = whileMoving([both()[1]!], {holder: 'b', signal, patienceMs: 0}, async () => 'both');
      expect(await onTarget.catch((error: unknown) => error)).to.be.instanceOf(MoveError);
      return 'done';
    });
    expect(outcome).to.equal('done');
    expect(await run('b', async () => 'done')).to.equal('done');
  });

  it('goes on at once where it was killed itself, and waits for another', async () => {
    const now = Date.now();
    await source.other.leases.acquire('move', {holder: 'a', now, expiresAt: now + 600_000});
    expect(await run('a', async () => 'done')).to.equal('done');
    await source.other.leases.acquire('move', {holder: 'b', now, expiresAt: now + 600});
    expect(await run('a', async () => 'done', 10_000)).to.equal('done');
  });

  it('lets go of both where the work fails', async () => {
    const failed = run('a', async () => {
      throw new RangeError('It failed.');
    });
    expect(await failed.catch((error: unknown) => error)).to.be.instanceOf(RangeError);
    for (const {other} of [source, target]) {
      expect(await other.transfer!.listLeases(Date.now())).to.deep.equal([]);
    }
  });

  it('stops to wait where it is interrupted', async () => {
    const now = Date.now();
    await source.other.leases.acquire('move', {holder: 'b', now, expiresAt: now + 600_000});
    const interrupted = new AbortController();
    const waiting = whileMoving(
      both(),
      {holder: 'a', signal: interrupted.signal, patienceMs: 600_000},
      async () => 'done',
    );
    interrupted.abort(new RangeError('Interrupted.'));
    expect(await waiting.catch((error: unknown) => error)).to.be.instanceOf(RangeError);
  });
});
