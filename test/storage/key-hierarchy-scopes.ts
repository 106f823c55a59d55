import {randomBytes} from 'node:crypto';
import {expect} from 'chai';
import {DuplicateError, InternalError} from '../../lib/errors.ts';
import {KeyInUseError, KeyNotFoundError} from '../../lib/storage/key-errors.ts';
import type {ScopeKeysRecord} from '../../lib/storage/key-hierarchy-store.ts';
import type {Stores} from '../../lib/storage/stores.ts';
import {
  inAnyOrder,
  insertFirstKeys,
  insertRoot,
  makeDataKey,
  makeDataKeyVersion,
  makeFirstKeys,
  makeRootKeyVersion,
  randomBlob,
} from './key-hierarchy-records.ts';
import {expectList, expectStrictCursors, type ListPage} from './paging.ts';
import {keystoreUrl, makeRootWrapper} from './records.ts';
import {expectRefusal, fromBoth, plain, race, type StoreTest} from './store-suite.ts';

const scopesOf =
  ({keyHierarchy}: Stores): ListPage<string> =>
  (page) =>
    keyHierarchy.listScopes(page);

function testInsertion(test: StoreTest): void {
  test('gives back a scope’s keys as they were, here and elsewhere', async ({stores, other}) => {
    const {id: first} = await insertRoot(stores);
    const {id: second} = makeRootWrapper();
    await stores.keyHierarchy.insertRootWrapper(makeRootWrapper({id: second}));
    const roots = [first, second];
    const versions = [makeRootKeyVersion(roots, 1), makeRootKeyVersion(roots, 2)];
    const several = makeFirstKeys(roots, {
      rootKeyVersions: versions,
      dataKeys: [
        makeDataKey(versions[1]!.id, 'a'),
        makeDataKey(versions[0]!.id, 'b', {
          versions: [makeDataKeyVersion(versions[1]!.id, 1), makeDataKeyVersion(versions[0]!.id, 2)],
        }),
      ],
    });
    const simple = makeFirstKeys(roots);
    const none = makeFirstKeys(roots, {dataKeys: []});
    for (const record of [several, simple, none]) await stores.keyHierarchy.insertScope(record);
    for (const {keyHierarchy} of [stores, other]) {
      for (const record of [several, simple, none]) {
        expect(inAnyOrder(await keyHierarchy.findScope(record.scope))).to.deep.equal(inAnyOrder(record));
      }
    }
  });

  test('finds nothing for a scope that has no keys', async ({stores}) => {
    const {id} = await insertRoot(stores);
    const {scope} = await insertFirstKeys(stores, [id]);
    for (const absent of [keystoreUrl(), `${scope}/`, scope.slice(0, -1), scope.toUpperCase(), '']) {
      expect(await stores.keyHierarchy.findScope(absent), absent).to.equal(undefined);
    }
    expect(await stores.keyHierarchy.findScope(scope)).to.not.equal(undefined);
  });

  test('keeps scopes and purposes apart that are alike when joined', async ({stores}) => {
    const {id} = await insertRoot(stores);
    const records = [
      ['ab', 'c'],
      ['a', 'bc'],
      ['abc', 'A'],
    ].map(([scope, purpose]) => {
      const version = makeRootKeyVersion([id], 1);
      const dataKeys = [makeDataKey(version.id, purpose!)];
      return makeFirstKeys([id], {scope: scope!, rootKeyVersions: [version], dataKeys});
    });
    for (const record of records) await stores.keyHierarchy.insertScope(record);
    for (const record of records) {
      expect(inAnyOrder(await stores.keyHierarchy.findScope(record.scope))).to.deep.equal(inAnyOrder(record));
    }
  });

  test('refuses a scope that has keys, and leaves them as they are', async ({stores, other}) => {
    const {id} = await insertRoot(stores);
    const record = await insertFirstKeys(stores, [id]);
    const again = makeFirstKeys([id], {scope: record.scope});
    await expectRefusal(other.keyHierarchy.insertScope(again), DuplicateError);
    expect(inAnyOrder(await stores.keyHierarchy.findScope(record.scope))).to.deep.equal(inAnyOrder(record));
    await other.keyHierarchy.insertScope({...again, scope: keystoreUrl()});
  });

  test('gives no id twice', async ({stores, other}) => {
    const {id} = await insertRoot(stores);
    const {rootKeyId, rootKeyVersions, dataKeys} = await insertFirstKeys(stores, [id]);
    const [rootKeyVersion] = rootKeyVersions;
    const version = makeRootKeyVersion([id], 1);
    const base = {rootKeyVersions: [version], dataKeys: [makeDataKey(version.id, 'a')]};
    const sameVersion = [makeDataKeyVersion(version.id, 1, {id: dataKeys[0]!.versions[0]!.id})];
    const alike: Partial<ScopeKeysRecord>[] = [
      {...base, rootKeyId},
      {rootKeyVersions: [{...version, id: rootKeyVersion!.id}], dataKeys: []},
      {...base, dataKeys: [makeDataKey(version.id, 'a', {id: dataKeys[0]!.id})]},
      {...base, dataKeys: [makeDataKey(version.id, 'a', {versions: sameVersion})]},
      {...base, dataKeys: [makeDataKey(version.id, 'a'), makeDataKey(version.id, 'a')]},
    ];
    for (const members of alike) {
      const record = makeFirstKeys([id], members);
      await expectRefusal(other.keyHierarchy.insertScope(record), DuplicateError);
      expect(await stores.keyHierarchy.findScope(record.scope)).to.equal(undefined);
    }
    await other.keyHierarchy.insertScope(makeFirstKeys([id], base));
  });

  test('lets one of several concurrent first keys of a scope win, whole', async (handles) => {
    const {id} = await insertRoot(handles.stores);
    const scope = keystoreUrl();
    const records = Array.from({length: 8}, () => makeFirstKeys([id], {scope}));
    const attempts = fromBoth(handles, 8, ({keyHierarchy}, index) =>
      keyHierarchy.insertScope(records[index]!),
    );
    expect(await race(attempts, DuplicateError)).to.equal(1);
    const stored = await handles.stores.keyHierarchy.findScope(scope);
    expect(records.map(inAnyOrder)).to.deep.include(inAnyOrder(stored));
  });

  test('stores nothing of keys that could not be read back', async ({stores}) => {
    const {id} = await insertRoot(stores);
    const version = makeRootKeyVersion([id], 1);
    const sealedEmpty = version.sealed.map((each) => ({...each, blob: new Uint8Array()}));
    const withDataKey = (dataKey: ReturnType<typeof makeDataKey>) => ({
      rootKeyVersions: [version],
      dataKeys: [makeDataKey(version.id, 'first'), dataKey],
    });
    const ofVersion = (version_: ReturnType<typeof makeDataKeyVersion>) =>
      withDataKey(makeDataKey(version.id, 'a', {versions: [version_]}));
    const bad: Partial<ScopeKeysRecord>[] = [
      {scope: ''},
      {rootKeyId: ''},
      {rootKeyVersions: [], dataKeys: []},
      {rootKeyVersions: [{...version, id: ''}], dataKeys: []},
      {rootKeyVersions: [{...version, sealed: []}], dataKeys: []},
      {rootKeyVersions: [{...version, sealed: sealedEmpty}], dataKeys: []},
      {rootKeyVersions: [{...version, version: 2}], dataKeys: []},
      {rootKeyVersions: [version, makeRootKeyVersion([id], 3)], dataKeys: []},
      withDataKey(makeDataKey(version.id, '')),
      withDataKey(makeDataKey(version.id, 'a', {id: ''})),
      withDataKey(makeDataKey(version.id, 'a', {versions: []})),
      ofVersion(makeDataKeyVersion(version.id, 1, {id: ''})),
      ofVersion(makeDataKeyVersion(version.id, 1, {blob: new Uint8Array()})),
      ofVersion(makeDataKeyVersion(version.id, 2)),
    ];
    for (const members of bad) {
      const record = makeFirstKeys([id], members);
      await expectRefusal(stores.keyHierarchy.insertScope(record), InternalError);
      expect(await stores.keyHierarchy.findScope(record.scope)).to.equal(undefined);
    }
    const stray = makeFirstKeys([id], ofVersion(makeDataKeyVersion('krkv_unknown', 1)));
    await expectRefusal(stores.keyHierarchy.insertScope(stray), KeyNotFoundError);
    expect(await stores.keyHierarchy.listScopes({limit: 1})).to.deep.equal({results: []});
    await stores.keyHierarchy.insertScope(makeFirstKeys([id], ofVersion(makeDataKeyVersion(version.id, 1))));
  });

  test('takes bytes that are a view of a larger buffer', async ({stores}) => {
    const {id: rootWrapperId} = await insertRoot(stores);
    const blob = randomBytes(64).subarray(7, 23);
    const version = makeRootKeyVersion([], 1, {sealed: [{rootWrapperId, blob}]});
    const {scope} = await insertFirstKeys(stores, [], {rootKeyVersions: [version], dataKeys: []});
    const found = await stores.keyHierarchy.findScope(scope);
    expect(plain(found?.rootKeyVersions[0]?.sealed[0]?.blob)).to.equal(plain(blob));
  });
}

function testListing(test: StoreTest): void {
  test('lists scopes in order of creation, in pages', async ({stores, other}) => {
    const {id} = await insertRoot(stores);
    const scopes: string[] = [];
    for (const scope of ['c', 'a', 'd', 'b', 'e']) {
      scopes.push((await insertFirstKeys(scopes.length % 2 ? stores : other, [id], {scope})).scope);
    }
    await expectList(scopesOf(stores), String, scopes);
    await expectStrictCursors(scopesOf(other), []);
  });

  test('goes on after scopes that are deleted, and made again, between pages', async ({stores, other}) => {
    const {id} = await insertRoot(stores);
    for (const scope of ['a', 'b', 'c', 'd']) await insertFirstKeys(stores, [id], {scope});
    const {results, cursor} = await stores.keyHierarchy.listScopes({limit: 2});
    expect(results).to.deep.equal(['a', 'b']);
    await other.keyHierarchy.deleteScope('b');
    await other.keyHierarchy.deleteScope('c');
    await insertFirstKeys(other, [id], {scope: 'a2'});
    await insertFirstKeys(other, [id], {scope: 'b'});
    expect(await stores.keyHierarchy.listScopes({limit: 9, cursor})).to.deep.equal({
      results: ['d', 'a2', 'b'],
    });
  });
}

function testDeletion(test: StoreTest): void {
  test('deletes a scope with all its keys, and no other', async ({stores, other}) => {
    const {id} = await insertRoot(stores);
    const [gone, kept] = [await insertFirstKeys(stores, [id]), await insertFirstKeys(stores, [id])];
    expect(await other.keyHierarchy.deleteScope(gone.scope)).to.equal(true);
    expect(await other.keyHierarchy.deleteScope(gone.scope)).to.equal(false);
    expect(await stores.keyHierarchy.findScope(gone.scope)).to.equal(undefined);
    expect(inAnyOrder(await stores.keyHierarchy.findScope(kept.scope))).to.deep.equal(inAnyOrder(kept));
    expect(await stores.keyHierarchy.countSealed(id)).to.deep.equal({sealed: 1, total: 1});
    await stores.keyHierarchy.insertScope(gone);
    expect(inAnyOrder(await other.keyHierarchy.findScope(gone.scope))).to.deep.equal(inAnyOrder(gone));
  });

  test('deletes no scope while anything is sealed under its keys', async ({stores, other}) => {
    const {id} = await insertRoot(stores);
    const [used, unused] = [await insertFirstKeys(stores, [id]), await insertFirstKeys(stores, [id])];
    const seal = ({dataKeys}: ScopeKeysRecord): Promise<boolean> => {
      const sealer = {blob: randomBlob(), dataKeyVersionId: dataKeys[1]!.versions[0]!.id};
      return other.keyHierarchy.updateRootWrapper(id, {from: 'active', to: 'active', sealer});
    };
    await seal(used);
    await expectRefusal(stores.keyHierarchy.deleteScope(used.scope), KeyInUseError);
    expect(inAnyOrder(await other.keyHierarchy.findScope(used.scope))).to.deep.equal(inAnyOrder(used));
    await seal(unused);
    expect(await stores.keyHierarchy.deleteScope(used.scope)).to.equal(true);
    await expectRefusal(stores.keyHierarchy.deleteScope(unused.scope), KeyInUseError);
  });
}

/** Part of the contract of KeyHierarchyStore. */
export function testKeyHierarchyScopes(test: StoreTest): void {
  testInsertion(test);
  testListing(test);
  testDeletion(test);
}
