import {randomBytes} from 'node:crypto';
import {expect} from 'chai';
import fc from 'fast-check';
import {InternalError, KeySequenceError, KeystoreSequenceError} from '../../lib/errors.ts';
import {KeyNotFoundError} from '../../lib/storage/key-errors.ts';
import type {KeyRecord, KeyVersionRecord} from '../../lib/storage/key-record.ts';
import type {Authenticated} from '../../lib/storage/record-authentication.ts';
import {arbitraryKey} from './arbitrary-key.ts';
import {makeAuthentication, materialKeyVersion} from './keystore-scope.ts';
import {
  ALICE,
  changed,
  insertKey,
  insertKeystore,
  makeKey,
  next,
  NOW,
  without,
  withoutMaterial,
} from './records.ts';
import {expectRefusal, fromBoth, plain, race, type StoreTest} from './store-suite.ts';

const versionOf = (version: number, members: Partial<KeyVersionRecord> = {}): KeyVersionRecord => ({
  ...{version, createdAt: NOW + version, state: 'enabled', material: randomBytes(93), ...members},
});

/** The key with all that may change of it as `other` has it, and a version more. */
function mixed(key: Authenticated<KeyRecord>, other: Omit<KeyRecord, 'keystoreId' | 'localKeyId'>) {
  const {keystoreId, localKeyId, type, createdAt, origin, keyOps} = key;
  const members = without(other, 'keyOps', 'versions');
  const deleted = other.state === 'deleted';
  const versions = [...key.versions, versionOf(key.versions.length + 1)].map((version) =>
    deleted ? withoutMaterial(version) : version,
  );
  return {
    ...{...members, keystoreId, localKeyId, type, createdAt, origin, versions, sequence: key.sequence + 1},
    ...(keyOps && {keyOps}),
    authentication: makeAuthentication(keystoreId),
  };
}

/** Part of the contract of KeyRecordStore. */
export function testKeyUpdates(test: StoreTest): void {
  test('puts every kind of record in the place of another, here and elsewhere', async ({stores, other}) => {
    const {id} = await insertKeystore(stores);
    await fc.assert(
      fc.asyncProperty(arbitraryKey, arbitraryKey, async (before, after) => {
        fc.pre(before.state !== 'deleted' && before.sequence < Number.MAX_SAFE_INTEGER);
        const key = await insertKey(stores, id, before);
        const neighbour = await insertKey(stores, id);
        const updated = mixed(key, after);
        await stores.keys.update(updated);
        expect(plain(await stores.keys.find(key))).to.deep.equal(plain(updated));
        expect(plain(await other.keys.find(key))).to.deep.equal(plain(updated));
        expect(plain(await other.keys.find(neighbour))).to.deep.equal(plain(neighbour));
      }),
      {numRuns: 50},
    );
  });

  test('updates a record only where the stored one is that which was read', async ({stores, other}) => {
    const {id} = await insertKeystore(stores);
    const key = await insertKey(stores, id);
    const updated = changed(key, {state: 'disabled'});
    await stores.keys.update(updated);
    for (const stale of [changed(key), changed(updated, {sequence: 3}), changed(updated, {sequence: 1})]) {
      await expectRefusal(other.keys.update(stale), KeySequenceError);
    }
    const absent = changed(makeKey(id));
    await expectRefusal(stores.keys.update(absent), KeySequenceError);
    expect(await stores.keys.find(absent)).to.equal(undefined);
    expect(plain(await stores.keys.find(key))).to.deep.equal(plain(updated));
    await other.keys.update(changed(updated));
    expect(await stores.keys.find(key)).to.have.property('sequence', 2);
  });

  test('lets one of several concurrent updates win', async (handles) => {
    const {id} = await insertKeystore(handles.stores);
    const key = await insertKey(handles.stores, id);
    const attempts = fromBoth(handles, 8, ({keys}, index) =>
      keys.update(changed(key, {versions: [...key.versions, versionOf(2, {createdAt: index})]})),
    );
    expect(await race(attempts, KeySequenceError)).to.equal(1);
    const found = await handles.other.keys.find(key);
    expect(found?.versions.map(({version}) => version)).to.deep.equal([1, 2]);
  });

  test('R48 updates no key of a keystore that was changed meanwhile', async ({stores, other}) => {
    const keystore = await insertKeystore(stores);
    const key = await insertKey(stores, keystore.id);
    const first = changed(key);
    await stores.keys.update(first, {keystoreSequence: keystore.sequence});
    await other.keystores.update(next(keystore), {replaced: keystore, updater: ALICE});
    const late = changed(first);
    await expectRefusal(stores.keys.update(late, {keystoreSequence: 0}), KeystoreSequenceError);
    // Of both the keystore is said: who is not authorised any more does not learn of the key.
    await expectRefusal(stores.keys.update(changed(key), {keystoreSequence: 0}), KeystoreSequenceError);
    expect(plain(await stores.keys.find(key))).to.deep.equal(plain(first));
    await stores.keys.update(late, {keystoreSequence: 1});
  });

  test('never changes what a key and its versions are', async ({stores}) => {
    const {id} = await insertKeystore(stores);
    const destroyed = withoutMaterial({...versionOf(2), dataKeyVersionId: materialKeyVersion(id)});
    const key = await insertKey(stores, id, {keyOps: ['sign'], versions: [versionOf(1), destroyed]});
    const [one] = key.versions;
    const bad = [
      ...[{type: 'other'}, {createdAt: key.createdAt + 1}, {origin: 'imported' as const}].map((members) =>
        changed(key, members),
      ),
      ...[changed(key, {keyOps: ['sign', 'verify']}), without(changed(key), 'keyOps')],
      ...[
        [],
        [one!],
        [one!, {...destroyed, version: 3}],
        [one!, {...destroyed, createdAt: 0}],
        [{...one!, publicKey: Uint8Array.of(1)}, destroyed],
        [one!, destroyed, versionOf(4)],
        [one!, destroyed, versionOf(2)],
        // What is destroyed stays so, and what is not has material.
        [one!, {...destroyed, state: 'enabled' as const, material: randomBytes(93)}],
        [one!, {...destroyed, material: randomBytes(93)}],
        [one!, {...destroyed, state: 'disabled' as const}],
        [{...one!, state: 'destroyed' as const}, destroyed],
        [{...one!, material: new Uint8Array()}, destroyed],
      ].map((versions) => changed(key, {versions})),
      // What is pending says when, and nothing else does.
      changed(key, {state: 'pendingDeletion'}),
      changed(key, {deletion: {requestedAt: 1, destroyAt: 2, restoresTo: 'enabled'}}),
    ];
    for (const record of bad) {
      await expectRefusal(stores.keys.update(record), InternalError);
      expect(plain(await stores.keys.find(key))).to.deep.equal(plain(key));
    }
    await stores.keys.update(changed(key, {versions: [one!, destroyed, versionOf(3)]}));
  });

  test('erases material, and lets go of what sealed it', async ({stores, other}) => {
    const {id} = await insertKeystore(stores);
    const sealed = {dataKeyVersionId: materialKeyVersion(id, 2)};
    const key = await insertKey(stores, id, {versions: [versionOf(1, sealed), versionOf(2, sealed)]});
    const under = {keystoreId: id, dataKeyVersionIds: [sealed.dataKeyVersionId]};
    expect(await stores.keys.countSealedUnder(under)).to.equal(1);
    const half = changed(key, {versions: [withoutMaterial(key.versions[0]!), key.versions[1]!]});
    await stores.keys.update(half);
    expect(plain(await other.keys.find(key))).to.deep.equal(plain(half));
    expect(await stores.keys.countSealedUnder(under)).to.equal(1);
    const all = changed(half, {versions: half.versions.map(withoutMaterial)});
    await stores.keys.update(all);
    expect(plain(await other.keys.find(key))).to.deep.equal(plain(all));
    expect(await stores.keys.countSealedUnder(under)).to.equal(0);
  });

  test('refuses an update that names a data key version which is not there', async ({stores}) => {
    const {id} = await insertKeystore(stores);
    const key = await insertKey(stores, id);
    const flaws = [
      {versions: [...key.versions, versionOf(2, {dataKeyVersionId: materialKeyVersion(id, 3)})]},
      {authentication: makeAuthentication(id, 3)},
    ];
    for (const flaw of flaws) {
      await expectRefusal(stores.keys.update({...changed(key), ...flaw}), KeyNotFoundError);
      expect(plain(await stores.keys.find(key))).to.deep.equal(plain(key));
    }
    await stores.keys.update(changed(key));
  });
}
