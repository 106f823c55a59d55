import {randomBytes} from 'node:crypto';
import {expect} from 'chai';
import {NOW} from './records.ts';
import {describeStore, fromBoth, type StoreSuiteOptions} from './store-suite.ts';

const expiresAt = NOW + 300_000;

/** What the implementations of ReplayStore promise. */
export function describeReplayStore(options: StoreSuiteOptions): void {
  describeStore('ReplayStore', options, (test) => {
    test('R11 remembers a digest, here and elsewhere', async ({stores, other}) => {
      const digest = randomBytes(32);
      expect(await stores.replays.remember(digest, {expiresAt})).to.equal(true);
      for (const {replays} of [stores, other]) {
        expect(await replays.remember(Uint8Array.from(digest), {expiresAt})).to.equal(false);
        expect(await replays.remember(digest, {expiresAt: expiresAt + 1})).to.equal(false);
      }
    });

    test('R11 tells digests apart by every bit', async ({stores}) => {
      const digest = randomBytes(32);
      expect(await stores.replays.remember(digest, {expiresAt})).to.equal(true);
      for (const [index, bit] of [
        [0, 0x80],
        [15, 0x01],
        [31, 0x01],
      ] as const) {
        const other = Uint8Array.from(digest);
        other[index]! ^= bit;
        expect(await stores.replays.remember(other, {expiresAt})).to.equal(true);
      }
    });

    test('R11 lets one of several concurrent requests be the first', async (handles) => {
      const digest = randomBytes(32);
      const answers = await Promise.all(
        fromBoth(handles, 8, ({replays}) => replays.remember(digest, {expiresAt})),
      );
      expect(answers.filter(Boolean)).to.have.lengthOf(1);
    });

    test('forgets what has expired, a bounded number at a time, and nothing else', async ({stores}) => {
      const expiries = [NOW, NOW - 3, NOW - 1, NOW + 1, NOW - 2];
      const entries = expiries.map((expiry) => ({digest: randomBytes(32), expiry}));
      for (const {digest, expiry} of entries) await stores.replays.remember(digest, {expiresAt: expiry});
      const forget = (limit: number): Promise<number> => stores.replays.deleteExpired({before: NOW, limit});
      expect(await forget(2)).to.equal(2);
      expect(await forget(2)).to.equal(1);
      expect(await forget(2)).to.equal(0);
      for (const {digest, expiry} of entries) {
        expect(await stores.replays.remember(digest, {expiresAt})).to.equal(expiry < NOW);
      }
    });
  });
}
