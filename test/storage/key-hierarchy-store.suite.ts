import {randomBytes} from 'node:crypto';
import {expect} from 'chai';
import {DuplicateError} from '../../lib/errors.ts';
import type {ScopeKeysRecord} from '../../lib/storage/key-hierarchy-store.ts';
import type {Stores} from '../../lib/storage/stores.ts';
import {insertKeystore, keystoreUrl, makeRootWrapper, makeScope} from './records.ts';
import {describeStore, expectRefusal, fromBoth, plain, race, type StoreSuiteOptions} from './store-suite.ts';

async function insertRootWrapper({keyHierarchy}: Stores): Promise<string> {
  const wrapper = makeRootWrapper();
  await keyHierarchy.insertFirstRootWrapper(wrapper);
  return wrapper.id;
}

/** A scope's data keys have no order. */
const inAnyOrder = (record: ScopeKeysRecord | undefined): unknown =>
  record &&
  plain({...record, dataKeys: record.dataKeys.toSorted((a, b) => (a.purpose < b.purpose ? -1 : 1))});

/** What the implementations of KeyHierarchyStore promise. */
export function describeKeyHierarchyStore(options: StoreSuiteOptions): void {
  describeStore('KeyHierarchyStore', options, (test) => {
    test('stores the first root wrapper and no second', async ({stores, other}) => {
      expect(await stores.keyHierarchy.listRootWrappers()).to.deep.equal([]);
      const [first, second] = [makeRootWrapper(), makeRootWrapper()];
      expect(await stores.keyHierarchy.insertFirstRootWrapper(first)).to.equal(true);
      expect(await other.keyHierarchy.insertFirstRootWrapper(second)).to.equal(false);
      expect(await stores.keyHierarchy.insertFirstRootWrapper(first)).to.equal(false);
      for (const {keyHierarchy} of [stores, other]) {
        expect(await keyHierarchy.listRootWrappers()).to.deep.equal([first]);
      }
    });

    test('keeps the parameters of a root wrapper that has some', async ({stores, other}) => {
      const wrapper = {...makeRootWrapper(), parameters: '{"kdf":"argon2id"}'};
      await stores.keyHierarchy.insertFirstRootWrapper(wrapper);
      for (const {keyHierarchy} of [stores, other]) {
        expect(await keyHierarchy.listRootWrappers()).to.deep.equal([wrapper]);
      }
    });

    test('lets one of several concurrent first root wrappers win', async (handles) => {
      const answers = await Promise.all(
        fromBoth(handles, 8, async ({keyHierarchy}) => {
          const wrapper = makeRootWrapper();
          return {wrapper, stored: await keyHierarchy.insertFirstRootWrapper(wrapper)};
        }),
      );
      const stored = answers.filter((answer) => answer.stored).map(({wrapper}) => wrapper);
      expect(stored).to.have.lengthOf(1);
      expect(await handles.stores.keyHierarchy.listRootWrappers()).to.deep.equal(stored);
    });

    test('gives back a scope’s keys as they were, here and elsewhere', async ({stores, other}) => {
      const rootWrapperId = await insertRootWrapper(stores);
      const [scope, neighbour] = [makeScope(rootWrapperId), makeScope(rootWrapperId)];
      await stores.keyHierarchy.insertScope(scope);
      await stores.keyHierarchy.insertScope(neighbour);
      for (const {keyHierarchy} of [stores, other]) {
        expect(inAnyOrder(await keyHierarchy.findScope(scope.scope))).to.deep.equal(inAnyOrder(scope));
        expect(inAnyOrder(await keyHierarchy.findScope(neighbour.scope))).to.deep.equal(
          inAnyOrder(neighbour),
        );
      }
    });

    test('stores a scope that has no data keys yet', async ({stores}) => {
      const scope = {...makeScope(await insertRootWrapper(stores)), dataKeys: []};
      await stores.keyHierarchy.insertScope(scope);
      expect(plain(await stores.keyHierarchy.findScope(scope.scope))).to.deep.equal(plain(scope));
    });

    test('finds nothing for a scope that has no keys', async ({stores}) => {
      const scope = makeScope(await insertRootWrapper(stores));
      await stores.keyHierarchy.insertScope(scope);
      const {id: keystoreWithoutKeys} = await insertKeystore(stores);
      for (const absent of [keystoreUrl(), keystoreWithoutKeys, `${scope.scope}/`, '']) {
        expect(await stores.keyHierarchy.findScope(absent)).to.equal(undefined);
      }
    });

    test('refuses a scope that has keys, and leaves them as they are', async ({stores, other}) => {
      const rootWrapperId = await insertRootWrapper(stores);
      const scope = makeScope(rootWrapperId);
      await stores.keyHierarchy.insertScope(scope);
      const again = makeScope(rootWrapperId, scope.scope);
      await expectRefusal(other.keyHierarchy.insertScope(again), DuplicateError);
      expect(inAnyOrder(await stores.keyHierarchy.findScope(scope.scope))).to.deep.equal(inAnyOrder(scope));
      const elsewhere = {...again, scope: keystoreUrl()};
      await other.keyHierarchy.insertScope(elsewhere);
      expect(inAnyOrder(await stores.keyHierarchy.findScope(elsewhere.scope))).to.deep.equal(
        inAnyOrder(elsewhere),
      );
    });

    test('lets one of several concurrent first keys of a scope win, whole', async (handles) => {
      const rootWrapperId = await insertRootWrapper(handles.stores);
      const scope = keystoreUrl();
      const records = Array.from({length: 8}, () => makeScope(rootWrapperId, scope));
      const attempts = fromBoth(handles, 8, ({keyHierarchy}, index) =>
        keyHierarchy.insertScope(records[index]!),
      );
      expect(await race(attempts, DuplicateError)).to.equal(1);
      const stored = await handles.stores.keyHierarchy.findScope(scope);
      expect(records.map(inAnyOrder)).to.deep.include(inAnyOrder(stored));
    });

    test('takes bytes that are a view of a larger buffer', async ({stores}) => {
      const scope = makeScope(await insertRootWrapper(stores));
      const [version] = scope.rootKeyVersions;
      const [sealed] = version!.sealed;
      const blob = randomBytes(64).subarray(7, 23);
      await stores.keyHierarchy.insertScope({
        ...scope,
        rootKeyVersions: [{...version!, sealed: [{...sealed!, blob}]}],
        dataKeys: [],
      });
      const found = await stores.keyHierarchy.findScope(scope.scope);
      expect(plain(found?.rootKeyVersions[0]?.sealed[0]?.blob)).to.equal(plain(blob));
    });
  });
}
