import {copyFile, rename, rm} from 'node:fs/promises';
import {expect} from 'chai';
import {UnavailableError} from '../../../lib/errors.ts';
import {SqliteStores} from '../../../lib/storage/sqlite/sqlite-stores.ts';
import {insertKeystore} from '../records.ts';
import {expectRefusal} from '../store-suite.ts';
import {withTemporaryFile} from './temporary-store.ts';

describe('SQLite, when its file goes away', () => {
  it('stores nothing in a file that was moved, and goes on when it is back', async () => {
    await withTemporaryFile(async (path) => {
      const stores = await SqliteStores.open({path});
      const {id} = await insertKeystore(stores);
      await rename(path, `${path}.away`);
      await expectRefusal(insertKeystore(stores), UnavailableError);
      await expectRefusal(stores.ping(), UnavailableError);
      await rename(`${path}.away`, path);
      await stores.ping();
      const second = await insertKeystore(stores);
      expect((await stores.keystores.find(id))?.id).to.equal(id);
      await stores.close();
      const again = await SqliteStores.open({path});
      expect((await again.keystores.find(second.id))?.id).to.equal(second.id);
      await again.close();
    });
  });

  it('stores nothing in a file that was deleted, or in the place of which there is another', async () => {
    await withTemporaryFile(async (path) => {
      const stores = await SqliteStores.open({path});
      await insertKeystore(stores);
      const copy = `${path}.copy`;
      await copyFile(path, copy);
      await rm(path);
      await expectRefusal(insertKeystore(stores), UnavailableError);
      await rename(copy, path);
      await expectRefusal(insertKeystore(stores), UnavailableError);
      await expectRefusal(stores.ping(), UnavailableError);
      await stores.close();
    });
  });
});
