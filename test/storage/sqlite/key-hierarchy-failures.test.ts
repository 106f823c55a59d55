import Database from 'better-sqlite3';
import {expect} from 'chai';
import {UnavailableError} from '../../../lib/errors.ts';
import type {KeyHierarchyStore} from '../../../lib/storage/key-hierarchy-store.ts';
import {SqliteStores} from '../../../lib/storage/sqlite/sqlite-stores.ts';
import {
  inAnyOrder,
  insertFirstKeys,
  insertRoot,
  makeFirstKeys,
  randomBlob,
  rotate,
} from '../key-hierarchy-records.ts';
import {makeRootWrapper} from '../records.ts';
import {expectRefusal} from '../store-suite.ts';
import {withTemporaryFile} from './temporary-store.ts';

type Calls = Readonly<Record<string, (store: KeyHierarchyStore) => Promise<unknown>>>;

const READS: Calls = {
  listRootWrappers: (store) => store.listRootWrappers(),
  listScopesLacking: (store) => store.listScopesLacking('rw_1', {limit: 1}),
  countSealed: (store) => store.countSealed('rw_1'),
  findScope: (store) => store.findScope('one'),
  listScopes: (store) => store.listScopes({limit: 1}),
  listReferenced: (store) => store.listReferenced(['kdkv_1']),
  listDataKeyVersionReferencers: (store) => store.listDataKeyVersionReferencers(),
  readCollectionVersion: (store) => store.readCollectionVersion(),
  validateSchema: (store) => store.validateSchema(),
};

/** In an order in which each can be done. */
const WRITES: Calls = {
  insertFirstRootWrapper: (store) => store.insertFirstRootWrapper(makeRootWrapper()),
  insertRootWrapper: (store) => store.insertRootWrapper(makeRootWrapper({id: 'rw_2', state: 'adding'})),
  insertSealedRootKeys: async (store) => {
    const {rootKeyVersions} = (await store.findScope('one'))!;
    const sealed = rootKeyVersions.map(({id}) => ({rootKeyVersionId: id, blob: randomBlob()}));
    await store.insertSealedRootKeys('rw_2', sealed);
  },
  updateRootWrapper: (store) =>
    store.updateRootWrapper('rw_1', {from: 'active', to: 'active', uri: 'file:/b'}),
  deleteSealedRootKeys: (store) => store.deleteSealedRootKeys('rw_2', {limit: 9}),
  deleteRootWrapper: (store) => store.deleteRootWrapper('rw_2'),
  insertScope: (store) => store.insertScope(makeFirstKeys(['rw_1'], {scope: 'two'})),
  addKeys: (store) => store.addKeys('two', {}),
  resealDataKeyVersions: async (store) => {
    const {rootKeyVersions, dataKeys} = (await store.findScope('one'))!;
    const rootKeyVersionId = rootKeyVersions.at(-1)!.id;
    const [{id, blob}] = [dataKeys[0]!.versions[0]!];
    await store.resealDataKeyVersions('one', [
      {id, rootKeyVersionId, blob: randomBlob(), replacedBlob: blob},
    ]);
  },
  deleteDataKeyVersion: async (store) => {
    const {dataKeys} = (await store.findScope('one'))!;
    for (const {versions} of dataKeys) await store.deleteDataKeyVersion(versions[0]!.id);
  },
  deleteRootKeyVersion: async (store) =>
    store.deleteRootKeyVersion((await store.findScope('one'))!.rootKeyVersions[0]!.id),
  deleteScope: (store) => store.deleteScope('one'),
};

const withStore = (
  work: (store: KeyHierarchyStore, path: string, stores: SqliteStores) => Promise<void>,
): Promise<void> =>
  withTemporaryFile(async (path) => {
    const stores = await SqliteStores.open({path, busyTimeoutMs: 20});
    try {
      await insertRoot(stores, {id: 'rw_1'});
      await rotate(stores, await insertFirstKeys(stores, ['rw_1'], {scope: 'one'}), ['rw_1']);
      await work(stores.keyHierarchy, path, stores);
    } finally {
      await stores.close();
    }
  });

const all = async (store: KeyHierarchyStore): Promise<unknown> => ({
  roots: await store.listRootWrappers(),
  scopes: await store.listScopes({limit: 9}),
  one: inAnyOrder(await store.findScope('one')),
  version: await store.readCollectionVersion(),
});

describe('SQLite key hierarchy that cannot be reached', () => {
  it('is told so by every method of a closed store', () =>
    withStore(async (store, path, stores) => {
      const names = Object.getOwnPropertyNames(Object.getPrototypeOf(store));
      const called = [...Object.keys(READS), ...Object.keys(WRITES), 'constructor', 'deleteScopeNow'];
      expect(called).to.have.members(names);
      const others = await SqliteStores.open({path});
      const {keyHierarchy: open} = others;
      await stores.close();
      for (const [name, call] of Object.entries({...READS, ...WRITES})) {
        // What is read first, to know what to write, another store reads.
        const proxy = new Proxy(open, {
          get: (_, method) => {
            const target = method === name ? store : open;
            return target[method as keyof KeyHierarchyStore].bind(target);
          },
        });
        await expectRefusal(call(proxy), UnavailableError);
      }
      await others.close();
    }));

  it('is told so by every write while another has the lock, and nothing is written then; reads go on', () =>
    withStore(async (store, path) => {
      const before = await all(store);
      const holder = new Database(path);
      holder.exec('BEGIN IMMEDIATE');
      for (const [name, call] of Object.entries(READS))
        await call(store).catch((error: unknown) => expect.fail(`${name}: ${String(error)}`));
      for (const call of Object.values(WRITES)) await expectRefusal(call(store), UnavailableError);
      expect(await all(store)).to.deep.equal(before);
      holder.exec('ROLLBACK');
      holder.close();
      for (const call of Object.values(WRITES)) await call(store);
      expect(await store.listScopes({limit: 9})).to.deep.equal({results: ['two']});
    }));
});
