import {expect} from 'chai';
import {NODE_LEASE, NodePresence} from '../../lib/maintenance/node-presence.ts';
import {openHandles} from '../storage/sqlite/temporary-store.ts';
import type {StoreHandles} from '../storage/store-suite.ts';

const log = {warn: () => undefined};

describe('NodePresence', () => {
  let handles: StoreHandles;
  beforeEach(async () => {
    handles = await openHandles();
  });
  afterEach(() => handles.close());

  const begin = (onBeat: () => Promise<void> = async () => undefined, clock: () => number = () => 1000) => {
    const {leases} = handles.stores;
    return NodePresence.begin({leases, holder: 'me', onBeat, log, clock, beatMs: 5});
  };
  const held = async (now: number) => (await handles.other.transfer!.listLeases(now)).map(({name}) => name);

  it('is seen by others from the beginning to the end', async () => {
    const presence = await begin();
    expect(await held(1000)).to.deep.equal([`${NODE_LEASE}me`]);
    await presence.end();
    expect(await held(1000)).to.deep.equal([]);
  });

  it('is seen for a minute of one that was killed', async () => {
    const presence = await begin();
    expect(await held(60_999)).to.deep.equal([`${NODE_LEASE}me`]);
    expect(await held(61_000)).to.deep.equal([]);
    await presence.end();
  });

  it('is renewed, whatever fails', async () => {
    let [now, beats] = [1000, 0];
    const {promise, resolve} = Promise.withResolvers<undefined>();
    const presence = await begin(
      async () => {
        now += 100_000;
        if (++beats === 3) resolve(undefined);
        throw new Error('The store cannot be asked.');
      },
      () => now,
    );
    await promise;
    await presence.end();
    expect(beats).to.be.at.least(3);
    expect(await held(1000)).to.deep.equal([]);
  });

  it('waits at the end for what is under way, and does nothing afterwards', async () => {
    let ended = false;
    const begun = Promise.withResolvers<undefined>();
    const presence = await begin(async () => {
      begun.resolve(undefined);
      await new Promise((resolve) => setTimeout(resolve, 20));
      ended = true;
    });
    await begun.promise;
    await presence.end();
    expect(ended).to.equal(true);
    expect(await held(1000)).to.deep.equal([]);
  });
});
