import {expect} from 'chai';
import {UnavailableError} from '../../../lib/errors.ts';
import {insertFirstKeys, insertRoot, makeFirstKeys} from '../key-hierarchy-records.ts';
import {tidyUp} from './aftermath.ts';
import {ModelDatabase} from './model-database.ts';
import {openModelStores} from './model-stores.ts';

/** Stores whose commands of the given name fail as long as `isCut` says so. */
function openCut(database: ModelDatabase, command: string, isCut: () => boolean, now?: () => number) {
  const before = (sent: string): Promise<undefined> =>
    sent === command && isCut()
      ? Promise.reject(new UnavailableError('The store is gone.'))
      : Promise.resolve(undefined);
  return openModelStores(database, {before, ...(now && {now})});
}

describe('MongoDB: the collection version of what nobody could count', () => {
  it('seems to be others’ change to who made it, until it is counted', async () => {
    const database = new ModelDatabase();
    const other = openModelStores(database);
    const root = await insertRoot(other);
    let isCut = false;
    const stores = openCut(database, 'update hierarchy', () => isCut);
    const before = await stores.keyHierarchy.readCollectionVersion();
    await insertFirstKeys(stores, [root.id]);
    expect(await stores.keyHierarchy.readCollectionVersion()).to.equal(before + 1);
    isCut = true;
    const record = await insertFirstKeys(stores, [root.id]);
    isCut = false;
    expect(await other.keyHierarchy.findScope(record.scope)).to.be.an('object');
    // Another's change beside it must not look like its own.
    await insertFirstKeys(other, [root.id]);
    expect(await stores.keyHierarchy.readCollectionVersion()).to.be.greaterThan(before + 3);
  });

  it('grows for others after a minute, whoever is left', async () => {
    const database = new ModelDatabase();
    const other = openModelStores(database);
    const root = await insertRoot(other);
    const before = await other.keyHierarchy.readCollectionVersion();
    const longAgo = Date.now() - 61_000;
    const stores = openCut(
      database,
      'update hierarchy',
      () => true,
      () => longAgo,
    );
    await insertFirstKeys(stores, [root.id]);
    // The first one that looks takes the entry away.
    expect(await other.keyHierarchy.readCollectionVersion()).to.equal(before);
    expect(await other.keyHierarchy.readCollectionVersion()).to.equal(before + 1);
    expect(await other.keyHierarchy.readCollectionVersion()).to.equal(before + 1);
  });

  it('does not grow where nothing was written', async () => {
    const database = new ModelDatabase();
    const stores = openModelStores(database);
    const root = await insertRoot(stores);
    const before = await stores.keyHierarchy.readCollectionVersion();
    await stores.keyHierarchy.insertScope(makeFirstKeys(['rw_unknown'])).catch(() => undefined);
    await tidyUp(database);
    expect(await stores.keyHierarchy.readCollectionVersion()).to.equal(before);
    await insertFirstKeys(stores, [root.id]);
    expect(await stores.keyHierarchy.readCollectionVersion()).to.equal(before + 1);
  });
});
