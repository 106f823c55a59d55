import {expect} from 'chai';
import type {RevocationKey} from '../../lib/storage/revocation-store.ts';
import type {StoredState} from '../../lib/storage/state-store.ts';
import {
  ALICE,
  BOB,
  changed,
  insertKey,
  insertKeystore,
  keystoreUrl,
  makeRevocation,
  next,
  NOW,
  tombstone,
} from './records.ts';
import {describeStore, plain, type StoreSuiteOptions} from './store-suite.ts';

const NOTHING: StoredState = {keystore: undefined, key: undefined, isAnyRevoked: false};

const toKey = ({delegator, capabilityId}: RevocationKey) => ({delegator, capabilityId});

/** What the implementations of StateStore promise. */
export function describeStateStore(options: StoreSuiteOptions): void {
  describeStore('StateStore', options, (test) => {
    test('brings the keystore, the key and what is revoked, here and elsewhere', async ({stores, other}) => {
      const keystore = await insertKeystore(stores, {controller: [ALICE, BOB], ipAllowList: ['10.0.0.0/8']});
      const key = await insertKey(stores, keystore.id, {
        tags: {name: 'a'},
        policy: {allowedOperations: ['sign']},
      });
      await insertKey(stores, keystore.id);
      const revocation = makeRevocation(keystore.id);
      await stores.revocations.insert(revocation, {});
      const request = {
        keystoreId: keystore.id,
        localKeyId: key.localKeyId,
        revocations: [toKey(revocation)],
      };
      for (const {state} of [stores, other]) {
        expect(plain(await state.read(request))).to.deep.equal(plain({keystore, key, isAnyRevoked: true}));
      }
    });

    test('brings what was asked for, and the keystore', async ({stores}) => {
      const keystore = await insertKeystore(stores);
      const {id: keystoreId} = keystore;
      const key = await insertKey(stores, keystoreId);
      const {localKeyId} = key;
      await stores.revocations.insert(makeRevocation(keystoreId), {});
      const read = async (asked: object): Promise<unknown> =>
        plain(await stores.state.read({keystoreId, ...asked}));
      const alone = plain({...NOTHING, keystore});
      expect(await read({})).to.deep.equal(alone);
      expect(await read({localKeyId: undefined, revocations: undefined})).to.deep.equal(alone);
      expect(await read({revocations: []})).to.deep.equal(alone);
      expect(await read({localKeyId})).to.deep.equal(plain({...NOTHING, keystore, key}));
    });

    test('brings nothing of what is elsewhere, or nowhere', async ({stores}) => {
      const [a, b] = [await insertKeystore(stores), await insertKeystore(stores)];
      const {localKeyId} = await insertKey(stores, a.id);
      const revocation = makeRevocation(a.id);
      await stores.revocations.insert(revocation, {});
      const asked = {localKeyId, revocations: [toKey(revocation)]};
      expect(plain(await stores.state.read({keystoreId: b.id, ...asked}))).to.deep.equal(
        plain({...NOTHING, keystore: b}),
      );
      for (const keystoreId of [keystoreUrl(), '', a.id.slice(0, -1), `${a.id}/keys`]) {
        expect(await stores.state.read({keystoreId, ...asked})).to.deep.equal(NOTHING);
      }
      for (const unknown of ['', `${localKeyId}0`, localKeyId.toUpperCase()]) {
        const state = await stores.state.read({keystoreId: a.id, localKeyId: unknown});
        expect(plain(state)).to.deep.equal(plain({...NOTHING, keystore: a}));
      }
    });

    test('R41 tells of one revoked capability at any place among those of two chains', async ({stores}) => {
      const {id: keystoreId} = await insertKeystore(stores);
      const chains = Array.from({length: 18}, () => toKey(makeRevocation(keystoreId)));
      for (const place of [0, 9, 10, 17]) {
        const revoked = makeRevocation(keystoreId);
        await stores.revocations.insert(revoked, {});
        const [none, one] = [
          await stores.state.read({keystoreId, revocations: chains}),
          await stores.state.read({keystoreId, revocations: chains.with(place, toKey(revoked))}),
        ];
        expect([none.isAnyRevoked, one.isAnyRevoked]).to.deep.equal([false, true]);
      }
    });

    test('R42 knows a revocation by keystore, delegator and capability id together', async ({stores}) => {
      const [{id: a}, {id: b}] = [await insertKeystore(stores), await insertKeystore(stores)];
      const {delegator, capabilityId} = makeRevocation(a);
      await stores.revocations.insert(makeRevocation(a, {delegator, capabilityId}), {});
      const others = [
        {delegator: BOB, capabilityId},
        {delegator, capabilityId: `${capabilityId}0`},
        {delegator: capabilityId, capabilityId: delegator},
        {delegator: delegator + capabilityId, capabilityId: ''},
      ];
      const isRevoked = async (keystoreId: string, revocations: typeof others): Promise<boolean> =>
        (await stores.state.read({keystoreId, revocations})).isAnyRevoked;
      expect(await isRevoked(a, others)).to.equal(false);
      expect(await isRevoked(b, [{delegator, capabilityId}])).to.equal(false);
      expect(await isRevoked(a, [...others, {delegator, capabilityId}])).to.equal(true);
    });

    test('brings each change at once, whoever made it', async ({stores, other}) => {
      const keystore = await insertKeystore(stores);
      const {id: keystoreId} = keystore;
      const key = await insertKey(stores, keystoreId);
      const revocation = makeRevocation(keystoreId);
      const read = () =>
        stores.state.read({
          keystoreId,
          localKeyId: key.localKeyId,
          revocations: [toKey(revocation)],
        });

      const disabled = changed(key, {state: 'disabled'});
      await other.keys.update(disabled);
      expect(plain((await read()).key)).to.deep.equal(plain(disabled));
      const transferred = next(keystore, {controller: BOB});
      await other.keystores.update(transferred, {replaced: keystore, updater: BOB});
      expect(plain((await read()).keystore)).to.deep.equal(plain(transferred));
      expect((await read()).isAnyRevoked).to.equal(false);
      await other.revocations.insert(revocation, {});
      expect((await read()).isAnyRevoked).to.equal(true);

      // What is left of a deleted key is brought too: it says that it is deleted.
      const deleted = tombstone(disabled);
      await other.keys.update(deleted);
      expect(plain((await read()).key)).to.deep.equal(plain(deleted));
      await other.keystores.delete(keystoreId, {sequence: transferred.sequence});
      expect(await read()).to.deep.equal(NOTHING);
    });

    test('brings a key of many versions in their order', async ({stores}) => {
      const {id: keystoreId} = await insertKeystore(stores);
      const key = await insertKey(stores, keystoreId);
      const [first] = key.versions;
      const versions = Array.from({length: 40}, (_, index) => ({
        ...first!,
        version: index + 1,
        createdAt: NOW + index,
      }));
      let stored = key;
      for (let count = 10; count <= versions.length; count += 10) {
        stored = changed(stored, {versions: [first!, ...versions.slice(1, count)]});
        await stores.keys.update(stored);
      }
      const {key: found} = await stores.state.read({keystoreId, localKeyId: key.localKeyId});
      expect(plain(found)).to.deep.equal(plain(stored));
    });
  });
}
