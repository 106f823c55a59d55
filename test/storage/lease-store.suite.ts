import {expect} from 'chai';
import {NOW} from './records.ts';
import {describeStore, fromBoth, type StoreSuiteOptions} from './store-suite.ts';

const lease = (holder: string, now = NOW) => ({holder, now, expiresAt: now + 1000});

/** What the implementations of LeaseStore promise. */
export function describeLeaseStore(options: StoreSuiteOptions): void {
  describeStore('LeaseStore', options, (test) => {
    test('is held by one until it ends', async ({stores, other}) => {
      expect(await stores.leases.acquire('work', lease('a'))).to.equal(true);
      expect(await other.leases.acquire('work', lease('b'))).to.equal(false);
      expect(await other.leases.acquire('work', lease('b', NOW + 999))).to.equal(false);
      expect(await other.leases.acquire('work', lease('b', NOW + 1000))).to.equal(true);
      expect(await stores.leases.acquire('work', lease('a', NOW + 1001))).to.equal(false);
    });

    test('is kept by who has it, for longer or shorter', async ({stores, other}) => {
      await stores.leases.acquire('work', lease('a'));
      expect(await stores.leases.acquire('work', lease('a', NOW + 500))).to.equal(true);
      expect(await other.leases.acquire('work', lease('b', NOW + 1499))).to.equal(false);
      expect(
        await stores.leases.acquire('work', {holder: 'a', now: NOW + 600, expiresAt: NOW + 700}),
      ).to.equal(true);
      expect(await other.leases.acquire('work', lease('b', NOW + 700))).to.equal(true);
      // Who had it gets it back only when it ends, also where it was never told.
      expect(await stores.leases.acquire('work', lease('a', NOW + 1699))).to.equal(false);
      expect(await stores.leases.acquire('work', lease('a', NOW + 1700))).to.equal(true);
    });

    test('is let go by who has it, and by nobody else', async ({stores, other}) => {
      await stores.leases.release('work', 'a');
      await stores.leases.acquire('work', lease('a'));
      await other.leases.release('work', 'b');
      expect(await other.leases.acquire('work', lease('b'))).to.equal(false);
      await stores.leases.release('work', 'a');
      expect(await other.leases.acquire('work', lease('b'))).to.equal(true);
      await stores.leases.release('work', 'a');
      expect(await stores.leases.acquire('work', lease('a'))).to.equal(false);
    });

    test('is one of many', async ({stores, other}) => {
      for (const name of ['a', 'A', 'a b/c.$d', 'ä'.repeat(100)]) {
        expect(await stores.leases.acquire(name, lease('a')), name).to.equal(true);
        expect(await other.leases.acquire(name, lease('b')), name).to.equal(false);
      }
      await stores.leases.release('a', 'a');
      expect(await other.leases.acquire('A', lease('b'))).to.equal(false);
      expect(await other.leases.acquire('a', lease('b'))).to.equal(true);
    });

    test('goes to one of several who ask at the same time', async (handles) => {
      const ask = (now: number) =>
        Promise.all(
          fromBoth(handles, 8, ({leases}, index) => leases.acquire('work', lease(`holder ${index}`, now))),
        );
      expect((await ask(NOW)).filter(Boolean)).to.have.length(1);
      expect((await ask(NOW + 999)).filter(Boolean)).to.have.length.at.most(1);
      expect((await ask(NOW + 2000)).filter(Boolean)).to.have.length(1);
    });
  });
}
