import {expect} from 'chai';
import {fixedRoots} from '../../../lib/sealing/key-hierarchy/fixed-roots.ts';
import {KeyHierarchy} from '../../../lib/sealing/key-hierarchy/key-hierarchy.ts';
import {SqliteStores} from '../../../lib/storage/sqlite/sqlite-stores.ts';
import {FaultyRootWrapper} from '../faulty-root-wrapper.ts';
import {useTempDir} from '../temp-dir.ts';
import {PURPOSE, storeRoot} from './fixture.ts';

/** What a process has: its own handle on the database, which counts the scopes that are read. */
interface Process {
  readonly hierarchy: KeyHierarchy;
  readonly reads: string[];
  readonly stores: SqliteStores;
}

describe("KeyHierarchy over SQLite, whose collection version counts each change's rows", () => {
  const path = useTempDir();
  const SCOPES = ['scope 0', 'scope 1', 'scope 2'];
  let [ours, theirs]: Process[] = [];

  const open = async (): Promise<Process> => {
    const stores = await SqliteStores.open({path: path('webkms.db')});
    const store = stores.keyHierarchy;
    const roots = fixedRoots([{id: 'rw_1', wrapper: new FaultyRootWrapper()}]);
    const hierarchy = new KeyHierarchy({store, roots, purposes: [PURPOSE, 'audit']});
    const reads: string[] = [];
    const find = store.findScope.bind(store);
    store.findScope = (scope) => {
      reads.push(scope);
      return find(scope);
    };
    return {hierarchy, reads, stores};
  };
  const useAll = async ({hierarchy, reads}: Process): Promise<readonly string[]> => {
    reads.length = 0;
    for (const scope of SCOPES) await hierarchy.wrapperFor(scope, PURPOSE);
    return [...reads];
  };

  beforeEach(async () => {
    [ours, theirs] = [await open(), await open()];
    await storeRoot(ours.stores.keyHierarchy, 'rw_1', new FaultyRootWrapper());
    await ours.hierarchy.reconcileKeys(SCOPES, [PURPOSE, 'audit']);
    await ours.hierarchy.refresh();
    await useAll(ours);
  });

  afterEach(async () => {
    await ours?.stores.close();
    await theirs?.stores.close();
  });

  it('reads no other scope again after own changes', async () => {
    const {hierarchy} = ours!;
    await hierarchy.createKeys('new 1', [PURPOSE, 'audit']);
    await hierarchy.revokeKeyVersion(await rotated(ours!, 'new 1'));
    await hierarchy.createKeys('new 2', [PURPOSE, 'audit']);
    await hierarchy.deleteScope('new 2');
    await hierarchy.refresh();
    expect(await useAll(ours!)).to.deep.equal([]);
  });

  it('reads every scope again after a change by another process, also where there were own changes too', async () => {
    await theirs!.hierarchy.createKeys('new 1', [PURPOSE]);
    await ours!.hierarchy.refresh();
    expect(await useAll(ours!)).to.deep.equal(SCOPES);
    await ours!.hierarchy.createKeys('new 2', [PURPOSE, 'audit']);
    await theirs!.hierarchy.revokeKeyVersion(await rotated(theirs!, 'new 1'));
    await ours!.hierarchy.createKeys('new 3', [PURPOSE, 'audit']);
    await ours!.hierarchy.refresh();
    expect(await useAll(ours!)).to.deep.equal(SCOPES);
  });

  it('reads every scope again after a change by another hierarchy on the same handle', async () => {
    const roots = fixedRoots([{id: 'rw_1', wrapper: new FaultyRootWrapper()}]);
    const other = new KeyHierarchy({store: ours!.stores.keyHierarchy, roots, purposes: [PURPOSE, 'audit']});
    await other.createKeys('new 1', [PURPOSE, 'audit']);
    await ours!.hierarchy.refresh();
    expect(await useAll(ours!)).to.deep.equal(SCOPES);
  });
});

/** Rotates and rewraps. @returns the id of the old version of the data key */
async function rotated({hierarchy}: Process, scope: string): Promise<string> {
  const keys = await hierarchy.rotateKeys(scope, {rewrap: true});
  return keys.find(({purpose}) => purpose === PURPOSE)!.versions[0]!.id;
}
