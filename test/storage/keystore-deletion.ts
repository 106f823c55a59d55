import {expect} from 'chai';
import {InvalidStateError, KeystoreSequenceError, NotFoundError} from '../../lib/errors.ts';
import {ALICE, insertKey, insertKeystore, makeKey, makeRevocation, makeRootWrapper, next} from './records.ts';
import {expectRefusal, plain, type StoreTest} from './store-suite.ts';

/** Part of the contract of KeystoreConfigStore. */
export function testDeletion(test: StoreTest): void {
  test('deletes a keystore, once', async ({stores, other}) => {
    const {id} = await insertKeystore(stores);
    const kept = await insertKeystore(stores);
    await stores.keystores.delete(id, {sequence: 0});
    expect(await other.keystores.find(id)).to.equal(undefined);
    expect(plain(await other.keystores.find(kept.id))).to.deep.equal(plain(kept));
    await expectRefusal(stores.keystores.delete(id, {sequence: 0}), KeystoreSequenceError);
  });

  test('refuses another sequence than the stored one', async ({stores}) => {
    const created = await insertKeystore(stores);
    await stores.keystores.update(next(created), {replaced: created, updater: ALICE});
    for (const sequence of [0, 2]) {
      await expectRefusal(stores.keystores.delete(created.id, {sequence}), KeystoreSequenceError);
    }
    await stores.keystores.delete(created.id, {sequence: 1});
    expect(await stores.keystores.find(created.id)).to.equal(undefined);
  });

  test('refuses to delete a keystore that holds keys', async ({stores}) => {
    const [full, empty] = [await insertKeystore(stores), await insertKeystore(stores)];
    const {localKeyId} = await insertKey(stores, full.id);
    await expectRefusal(stores.keystores.delete(full.id, {sequence: 0}), InvalidStateError);
    expect(plain(await stores.keystores.find(full.id))).to.deep.equal(plain(full));
    expect(await stores.keys.find({keystoreId: full.id, localKeyId})).to.have.property(
      'localKeyId',
      localKeyId,
    );
    await stores.keystores.delete(empty.id, {sequence: 0});
  });

  test('deletes its revocations and its key hierarchy, and nobody else’s', async ({stores}) => {
    const wrapper = makeRootWrapper();
    await stores.keyHierarchy.insertFirstRootWrapper(wrapper);
    const [deleted, kept] = [await insertKeystore(stores), await insertKeystore(stores)];
    for (const {id} of [deleted, kept]) {
      await stores.revocations.insert(makeRevocation(id, {capabilityId: 'urn:uuid:1'}), {});
    }
    await stores.keystores.delete(deleted.id, {sequence: 0});
    expect(await stores.keyHierarchy.findScope(deleted.id)).to.equal(undefined);
    expect(await stores.keyHierarchy.findScope(kept.id)).to.be.an('object');
    await insertKeystore(stores, {id: deleted.id});
    for (const {id} of [deleted, kept]) {
      const revoked = await stores.revocations.isAnyRevoked(id, [
        {delegator: ALICE, capabilityId: 'urn:uuid:1'},
      ]);
      expect(revoked).to.equal(id === kept.id);
      expect((await stores.revocations.list({keystoreId: id, limit: 9})).results).to.have.lengthOf(
        revoked ? 1 : 0,
      );
    }
    expect(await stores.keyHierarchy.listRootWrappers()).to.deep.equal([wrapper]);
  });

  test('never loses a key to a concurrent deletion', async ({stores, other}) => {
    for (let round = 0; round < 10; round++) {
      const {id} = await insertKeystore(stores);
      const key = makeKey(id);
      const insertion = (): Promise<void> => other.keys.insert(key, {maxPerKeystore: 9});
      const deletion = (): Promise<void> => stores.keystores.delete(id, {sequence: 0});
      const [inserted, deleted] =
        round % 2 === 0
          ? await Promise.allSettled([insertion(), deletion()])
          : (await Promise.allSettled([deletion(), insertion()])).toReversed();
      if (inserted?.status === 'fulfilled') {
        expect(deleted).to.have.property('reason').that.is.instanceOf(InvalidStateError);
        expect(await stores.keys.find(key)).to.have.property('localKeyId', key.localKeyId);
      } else {
        expect(inserted?.reason).to.be.instanceOf(NotFoundError);
        expect(await stores.keystores.find(id)).to.equal(undefined);
      }
    }
  });
}
