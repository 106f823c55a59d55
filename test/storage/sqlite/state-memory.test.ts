import {randomBytes} from 'node:crypto';
import Database from 'better-sqlite3';
import {expect} from 'chai';
import fc from 'fast-check';
import {SqliteStores} from '../../../lib/storage/sqlite/sqlite-stores.ts';
import type {StateRequest} from '../../../lib/storage/state-store.ts';
import {mapInTurns} from '../../../lib/turns.ts';
import {
  ALICE,
  BOB,
  changed,
  insertKey,
  insertKeystore,
  makeRevocation,
  next,
  NOW,
  resealed,
} from '../records.ts';
import {plain} from '../store-suite.ts';
import {withTemporaryFile} from './temporary-store.ts';

/** Who does something: this process, another one, or somebody with the database file in their hands. */
interface Hands {
  readonly stores: SqliteStores;
  readonly other: SqliteStores;
  readonly raw: Database.Database;
}

async function withHands(work: (hands: Hands) => Promise<void>): Promise<void> {
  await withTemporaryFile(async (path) => {
    const [stores, other] = [await SqliteStores.open({path}), await SqliteStores.open({path})];
    const raw = new Database(path);
    try {
      await work({stores, other, raw});
    } finally {
      raw.close();
      await stores.close();
      await other.close();
    }
  });
}

async function fixture({stores}: Hands) {
  const keystore = await insertKeystore(stores);
  const key = await insertKey(stores, keystore.id);
  const revocation = makeRevocation(keystore.id);
  const {delegator, capabilityId} = revocation;
  const request: StateRequest = {
    keystoreId: keystore.id,
    localKeyId: key.localKeyId,
    revocations: [
      {delegator, capabilityId: 'urn:uuid:another'},
      {delegator, capabilityId},
    ],
  };
  return {keystore, key, revocation, request};
}

/** Of the same capabilities, in a list that nothing is known by. */
const newList = ({revocations = [], ...request}: StateRequest): StateRequest => ({
  ...request,
  revocations: [...revocations],
});

const CHANGES = [
  'updateKeystore',
  'updateKey',
  'replaceKey',
  'revoke',
  'forgetRevocations',
  'replay',
  'tamper',
] as const;

describe('SqliteStateStore: what it remembers', () => {
  it('is given again, as the very objects, as long as the database says that nothing changed, and after what changed others', () =>
    withHands(async (hands) => {
      const {keystore, request} = await fixture(hands);
      const {stores, other} = hands;
      const first = await stores.state.read(request);
      expect(plain(first)).to.deep.include({isAnyRevoked: false});
      for (const elsewhere of [undefined, stores, other]) {
        if (elsewhere) await insertKey(elsewhere, keystore.id);
        const again = await stores.state.read(request);
        expect(again.keystore).to.equal(first.keystore);
        expect(again.key).to.equal(first.key);
      }
      await other.keystores.update(next(keystore), {replaced: keystore, updater: ALICE});
      const changedSince = await stores.state.read(request);
      expect(changedSince.keystore).to.have.property('sequence', 1);
      expect(changedSince.key).to.equal(first.key);
    }));

  it('is what is in the database, whoever changed it and in whatever order', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            change: fc.constantFrom(...CHANGES),
            here: fc.boolean(),
            reads: fc.subarray(['stores', 'other'] as const),
          }),
          {minLength: 1, maxLength: 25},
        ),
        (steps) =>
          withHands(async (hands) => {
            const {request, revocation, ...made} = await fixture(hands);
            let {keystore, key} = made;
            let isAnyRevoked = false;
            for (const {change, here, reads} of steps) {
              const stores = here ? hands.stores : hands.other;
              switch (change) {
                case 'updateKeystore': {
                  const replaced = keystore;
                  keystore = next(replaced, {controller: [ALICE, BOB]});
                  await stores.keystores.update(keystore, {replaced, updater: ALICE});
                  break;
                }
                case 'updateKey':
                  key = changed(key, {description: randomBytes(4).toString('hex')});
                  await stores.keys.update(key);
                  break;
                case 'replaceKey': {
                  const record = resealed(key);
                  await stores.keys.replace([{record, replacedSequence: key.sequence}]);
                  key = record;
                  break;
                }
                case 'revoke':
                  if (!isAnyRevoked) await stores.revocations.insert(revocation, {});
                  isAnyRevoked = true;
                  break;
                case 'forgetRevocations':
                  await stores.revocations.deleteExpired({before: revocation.expiresAt + 1, limit: 10});
                  isAnyRevoked = false;
                  break;
                case 'replay':
                  await stores.replays.remember(randomBytes(32), {expiresAt: NOW});
                  break;
                case 'tamper': {
                  const description = randomBytes(4).toString('hex');
                  hands.raw
                    .prepare('UPDATE key_record SET description = ? WHERE local_id = ?')
                    .run(description, key.localKeyId);
                  key = {...key, description};
                  break;
                }
              }
              for (const reader of reads) {
                for (const asked of [newList(request), request]) {
                  const read = await hands[reader].state.read(asked);
                  expect(plain(read)).to.deep.equal(plain({keystore, key, isAnyRevoked}));
                }
              }
            }
          }),
      ),
      {numRuns: 10},
    ));

  it('is no older than what was committed elsewhere, also where others asked for it in the same turn before', () =>
    withHands(async (hands) => {
      const {keystore, key, request} = await fixture(hands);
      const {stores, raw} = hands;
      await stores.state.read(request);
      const change = raw.prepare('UPDATE key_record SET description = ? WHERE local_id = ?');
      const before = stores.state.read(request);
      change.run('changed', key.localKeyId);
      const after = stores.state.read(request);
      const changedKey = {...key, description: 'changed'};
      expect(plain(await after)).to.deep.equal(plain({keystore, key: changedKey, isAnyRevoked: false}));
      expect(plain((await before).keystore)).to.deep.equal(plain(keystore));
    }));

  it('is of one moment with the revocations of a new chain', () =>
    withHands(async (hands) => {
      const {keystore, request, revocation} = await fixture(hands);
      const {stores, other} = hands;
      const first = await stores.state.read(request);
      const again = await stores.state.read(newList(request));
      expect(again.keystore).to.equal(first.keystore);
      expect(again.key).to.equal(first.key);
      const asked = newList(request);
      const before = stores.state.read(asked);
      await other.revocations.insert(revocation, {});
      await other.keystores.update(next(keystore), {replaced: keystore, updater: ALICE});
      const seen = await before;
      expect(seen.isAnyRevoked).to.equal(seen.keystore?.sequence === 1);
      for (const later of [asked, newList(request)]) {
        const {isAnyRevoked, ...state} = await stores.state.read(later);
        expect(isAnyRevoked).to.equal(true);
        expect(state.keystore).to.have.property('sequence', 1);
      }
    }));

  it('is not lost on others where the revocations of a new chain cannot be read', () =>
    withHands(async (hands) => {
      const {request} = await fixture(hands);
      const {state} = hands.stores;
      const first = await state.read(request);
      const unreadable = [{delegator: Symbol('no text') as unknown as string, capabilityId: 'urn:a'}];
      const readings = [newList(request), {...request, revocations: unreadable}, request];
      const [unknown, broken, known] = await Promise.allSettled(readings.map((each) => state.read(each)));
      expect(broken).to.have.property('status', 'rejected');
      for (const outcome of [unknown, known]) {
        expect((outcome as PromiseFulfilledResult<unknown>).value).to.deep.equal(first);
      }
    }));

  it('is what each asked for, where many ask in one turn', () =>
    withHands(async ({stores}) => {
      const made = await mapInTurns([1, 2, 3, 4, 5], async () => {
        const keystore = await insertKeystore(stores);
        return {keystore, key: await insertKey(stores, keystore.id)};
      });
      const asked = [...made, ...made.toReversed()];
      for (let round = 0; round < 2; round++) {
        const states = await Promise.all(
          asked.map(({keystore, key}) =>
            stores.state.read({keystoreId: keystore.id, localKeyId: key.localKeyId}),
          ),
        );
        const expected = asked.map((one) => ({...one, isAnyRevoked: false}));
        expect(plain(states)).to.deep.equal(plain(expected));
      }
    }));

  it('is not a keystore or a key that went, nor one that came', () =>
    withHands(async (hands) => {
      const {stores, other} = hands;
      const {keystore, request} = await fixture(hands);
      const absent = {...request, keystoreId: `${keystore.id}x`};
      const nothing = {keystore: undefined, key: undefined, isAnyRevoked: false};
      for (let i = 0; i < 2; i++) expect(await stores.state.read(absent)).to.deep.equal(nothing);
      const later = await insertKeystore(other, {id: absent.keystoreId});
      expect(plain((await stores.state.read(absent)).keystore)).to.deep.equal(plain(later));
      await stores.state.read({...absent, localKeyId: undefined});
      await other.keystores.delete(later.id, {sequence: later.sequence});
      expect(await stores.state.read(absent)).to.deep.equal(nothing);
      expect(await stores.state.read({...absent, localKeyId: undefined})).to.deep.equal(nothing);
    }));

  it('cannot be changed by who got it', () =>
    withHands(async (hands) => {
      const {request} = await fixture(hands);
      const {keystore, key} = await hands.stores.state.read(request);
      expect(() => Object.assign(keystore!, {controller: BOB})).to.throw(TypeError);
      expect(() => Object.assign(key!, {state: 'disabled'})).to.throw(TypeError);
      expect(() => Object.assign(key!.versions[0]!, {state: 'disabled'})).to.throw(TypeError);
      expect(() => (key!.versions as unknown[]).pop()).to.throw(TypeError);
    }));
});
