import {expect} from 'chai';
import {DuplicateError, QuotaExceededError} from '../../lib/errors.ts';
import type {Revocation} from '../../lib/storage/revocation-store.ts';
import type {Stores} from '../../lib/storage/stores.ts';
import {expectList, expectStrictCursors, type ListPage} from './paging.ts';
import {ALICE, BOB, insertKey, insertKeystore, keystoreUrl, makeRevocation, NOW} from './records.ts';
import {describeStore, expectRefusal, fromBoth, race, type StoreSuiteOptions} from './store-suite.ts';

const idOf = ({capabilityId}: Revocation): string => capabilityId;

const listOf =
  (stores: Stores, keystoreId: string): ListPage<Revocation> =>
  (page) =>
    stores.revocations.list({keystoreId, ...page});

/** What the implementations of RevocationStore promise. */
export function describeRevocationStore(options: StoreSuiteOptions): void {
  describeStore('RevocationStore', options, (test) => {
    test('R41 tells of a revocation at once, here and elsewhere', async ({stores, other}) => {
      const {id} = await insertKeystore(stores);
      const revocation = makeRevocation(id);
      for (const {revocations} of [stores, other]) {
        expect(await revocations.isAnyRevoked(id, [revocation])).to.equal(false);
      }
      await stores.revocations.insert(revocation, {});
      for (const {revocations} of [stores, other]) {
        expect(await revocations.isAnyRevoked(id, [revocation])).to.equal(true);
      }
    });

    test('R42 knows a revocation by keystore, delegator and capability id together', async ({stores}) => {
      const [{id: a}, {id: b}] = [await insertKeystore(stores), await insertKeystore(stores)];
      const revocation = makeRevocation(a);
      const {delegator, capabilityId} = revocation;
      await stores.revocations.insert(revocation, {});
      expect(await stores.revocations.isAnyRevoked(a, [{delegator, capabilityId}])).to.equal(true);
      const others = [
        {delegator: BOB, capabilityId},
        {delegator, capabilityId: `${capabilityId}0`},
        {delegator: capabilityId, capabilityId: delegator},
        {delegator: delegator + capabilityId, capabilityId: ''},
      ];
      expect(await stores.revocations.isAnyRevoked(a, others)).to.equal(false);
      for (const keystoreId of [b, keystoreUrl(), '']) {
        expect(await stores.revocations.isAnyRevoked(keystoreId, [revocation])).to.equal(false);
      }
      // The same id of another delegator, or in another keystore, is another revocation.
      await stores.revocations.insert({...revocation, delegator: BOB}, {});
      await stores.revocations.insert({...revocation, keystoreId: b}, {});
      expect(await stores.revocations.isAnyRevoked(b, [revocation])).to.equal(true);
    });

    test('R41 tells of one revoked capability at any place among ten', async ({stores}) => {
      const {id} = await insertKeystore(stores);
      const chain = Array.from({length: 10}, () => makeRevocation(id));
      expect(await stores.revocations.isAnyRevoked(id, [])).to.equal(false);
      for (const place of [0, 4, 9]) {
        const revoked = makeRevocation(id);
        await stores.revocations.insert(revoked, {});
        expect(await stores.revocations.isAnyRevoked(id, chain)).to.equal(false);
        expect(await stores.revocations.isAnyRevoked(id, chain.with(place, revoked))).to.equal(true);
      }
    });

    test('R46 refuses a second time, and keeps the first', async ({stores, other}) => {
      const {id} = await insertKeystore(stores);
      const first = makeRevocation(id);
      await stores.revocations.insert(first, {});
      const again = {...first, revoker: BOB, revokedAt: NOW + 1, expiresAt: NOW + 2};
      await expectRefusal(other.revocations.insert(again, {}), DuplicateError);
      expect((await stores.revocations.list({keystoreId: id, limit: 9})).results).to.deep.equal([first]);
    });

    test('R44 keeps a revocation as long as the longest-lived capability that was revoked by it', async ({
      stores,
      other,
    }) => {
      const {id} = await insertKeystore(stores);
      const first = makeRevocation(id);
      const longer = {...first, revoker: BOB, revokedAt: NOW + 1, expiresAt: first.expiresAt + 2};
      await stores.revocations.insert(first, {charge: {to: ALICE, max: 1}});
      await other.revocations.insert(longer, {charge: {to: ALICE, max: 1}});
      expect((await stores.revocations.list({keystoreId: id, limit: 9})).results).to.deep.equal([longer]);
      for (const again of [first, longer]) {
        await expectRefusal(stores.revocations.insert(again, {}), DuplicateError);
      }
      await stores.revocations.deleteExpired({before: longer.expiresAt, limit: 9});
      expect(await stores.revocations.isAnyRevoked(id, [first])).to.equal(true);
      await stores.revocations.deleteExpired({before: longer.expiresAt + 1, limit: 9});
      expect(await stores.revocations.isAnyRevoked(id, [first])).to.equal(false);
    });

    test('R46 lets one of several concurrent revocations win', async (handles) => {
      const {id} = await insertKeystore(handles.stores);
      const revocation = makeRevocation(id);
      const attempts = fromBoth(handles, 8, (stores) => stores.revocations.insert(revocation, {}));
      expect(await race(attempts, DuplicateError)).to.equal(1);
    });

    test('R47 bounds what is charged to one party in one keystore, and nothing else', async ({stores}) => {
      const [{id: a}, {id: b}] = [await insertKeystore(stores), await insertKeystore(stores)];
      const insert = (keystoreId: string, to: string): Promise<void> =>
        stores.revocations.insert(makeRevocation(keystoreId), {charge: {to, max: 2}});
      await stores.revocations.insert(makeRevocation(a, {delegator: ALICE}), {});
      await insert(a, ALICE);
      await insert(a, ALICE);
      const refused = makeRevocation(a);
      const charge = {to: ALICE, max: 2};
      await expectRefusal(stores.revocations.insert(refused, {charge}), QuotaExceededError);
      expect(await stores.revocations.isAnyRevoked(a, [refused])).to.equal(false);
      await insert(a, BOB);
      await insert(b, ALICE);
      await stores.revocations.insert(refused, {charge: undefined});
      expect(await stores.revocations.isAnyRevoked(a, [refused])).to.equal(true);
    });

    test('R47 never exceeds the bound in a race', async (handles) => {
      const {id} = await insertKeystore(handles.stores);
      const attempts = fromBoth(handles, 12, (stores) =>
        stores.revocations.insert(makeRevocation(id), {charge: {to: ALICE, max: 5}}),
      );
      expect(await race(attempts, QuotaExceededError)).to.equal(5);
      expect((await handles.other.revocations.list({keystoreId: id, limit: 99})).results).to.have.lengthOf(5);
    });

    test('lists a keystore’s revocations in order of insertion, in pages, whole', async ({stores, other}) => {
      const [{id: a}, {id: b}] = [await insertKeystore(stores), await insertKeystore(stores)];
      const revocations: Revocation[] = [];
      for (let count = 0; count < 5; count++) {
        const times = {expiresAt: NOW + 1000 - count, revokedAt: NOW - count};
        const revocation = makeRevocation(a, {...times, delegator: count % 2 ? ALICE : BOB, revoker: BOB});
        await stores.revocations.insert(revocation, {});
        await stores.revocations.insert({...revocation, keystoreId: b}, {});
        revocations.push(revocation);
      }
      await expectList(listOf(other, a), idOf, revocations.map(idOf));
      await expectList(listOf(stores, keystoreUrl()), idOf, []);
      expect((await stores.revocations.list({keystoreId: a, limit: 9})).results).to.deep.equal(revocations);
    });

    test('goes on after a cursor whose revocation is forgotten, up to what came in between', async ({
      stores,
    }) => {
      const {id} = await insertKeystore(stores);
      for (let count = 0; count < 2; count++) {
        await stores.revocations.insert(makeRevocation(id, {expiresAt: NOW - 1}), {});
      }
      const {cursor} = await stores.revocations.list({keystoreId: id, limit: 1});
      expect(await stores.revocations.deleteExpired({before: NOW, limit: 9})).to.equal(2);
      const later = makeRevocation(id);
      await stores.revocations.insert(later, {});
      expect(await stores.revocations.list({keystoreId: id, limit: 9, cursor})).to.deep.equal({
        results: [later],
      });
    });

    test('takes only cursors that it gave', async ({stores}) => {
      const {id} = await insertKeystore(stores);
      for (let count = 0; count < 2; count++) {
        await insertKey(stores, id);
        await stores.revocations.insert(makeRevocation(id), {});
      }
      const {cursor = ''} = await stores.keys.list({keystoreId: id, limit: 1});
      await expectStrictCursors(listOf(stores, id), [cursor]);
    });

    test('R43 forgets what has expired, a bounded number at a time, and nothing else', async ({stores}) => {
      const {id} = await insertKeystore(stores);
      const expiries = [NOW, NOW - 3, NOW - 1, NOW + 1, NOW - 2];
      const revocations = expiries.map((expiresAt) => makeRevocation(id, {expiresAt}));
      for (const revocation of revocations) await stores.revocations.insert(revocation, {});
      const forget = (limit: number): Promise<number> =>
        stores.revocations.deleteExpired({before: NOW, limit});
      expect(await forget(2)).to.equal(2);
      expect(await forget(2)).to.equal(1);
      expect(await forget(2)).to.equal(0);
      const kept = revocations.filter(({expiresAt}) => expiresAt >= NOW);
      await expectList(listOf(stores, id), idOf, kept.map(idOf));
      for (const revocation of revocations) {
        expect(await stores.revocations.isAnyRevoked(id, [revocation])).to.equal(kept.includes(revocation));
      }
    });
  });
}
