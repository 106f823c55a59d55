import {expect} from 'chai';
import {KeyInUseError} from '../../../lib/storage/key-errors.ts';
import type {ScopeKeysRecord} from '../../../lib/storage/key-hierarchy-store.ts';
import type {Stores} from '../../../lib/storage/stores.ts';
import {insertFirstKeys, randomBlob, rotate} from '../key-hierarchy-records.ts';
import {makeRootWrapper} from '../records.ts';
import {expectRefusal} from '../store-suite.ts';
import {addRoot, move, seal} from './hierarchy-operations.ts';
import {ModelDatabase} from './model-database.ts';
import {openModelStores} from './model-stores.ts';

const OLD = 'rw_a';
const NEW = 'rw_b';

/** A scope with two root key versions, of which the first seals nothing any more. */
async function insertScope(stores: Stores): Promise<ScopeKeysRecord> {
  const record = await rotate(stores, await insertFirstKeys(stores, [OLD]), [OLD]);
  const rootKeyVersionId = record.rootKeyVersions[1]!.id;
  const resealed = record.dataKeys.map(({versions: [version]}) => ({
    ...{id: version!.id, rootKeyVersionId, blob: randomBlob(), replacedBlob: version!.blob},
  }));
  await stores.keyHierarchy.resealDataKeyVersions(record.scope, resealed);
  return record;
}

describe('MongoDB: a root key version that is deleted while a root is made active', () => {
  it('hides no scope that is not sealed under the root', async () => {
    const database = new ModelDatabase();
    const others = openModelStores(database);
    await others.keyHierarchy.insertFirstRootWrapper(makeRootWrapper({id: OLD}));
    const [whole, lacking] = [await insertScope(others), await insertScope(others)];
    await addRoot(makeRootWrapper({id: NEW, state: 'adding'}))(others);
    await seal(NEW, whole)(others);

    // The scopes are looked at by what they are sealed under, in order: after the first one the other goes before it.
    let looks = 0;
    const stores = openModelStores(database, {
      before: async (command) => {
        if (command === 'find keystore' && ++looks === 2) {
          expect(await others.keyHierarchy.deleteRootKeyVersion(lacking.rootKeyVersions[0]!.id)).to.equal(
            true,
          );
        }
        return undefined;
      },
    });
    await expectRefusal(move(NEW, 'adding', 'active')(stores), KeyInUseError);
    expect(looks).to.be.greaterThan(1);

    await seal(NEW, lacking)(others);
    expect(await move(NEW, 'adding', 'active')(stores)).to.equal(true);
  });
});
