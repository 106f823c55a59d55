import {expect} from 'chai';
import {SqliteStores} from '../../../lib/storage/sqlite/sqlite-stores.ts';
import {ALICE, BOB, insertKeystore} from '../records.ts';
import {withTemporaryFile} from './temporary-store.ts';

describe('SqliteKeystoreConfigStore: long pages', () => {
  it('are read in parts, in order, and go on where they ended', () =>
    withTemporaryFile(async (path) => {
      const stores = await SqliteStores.open({path});
      const ids: string[] = [];
      for (let index = 0; index < 300; index++) {
        // Those that strangers made come after her own.
        const {id} = await insertKeystore(stores, {controller: ALICE}, index < 200 ? ALICE : BOB);
        ids.push(id);
      }
      for (const limit of [100, 127, 128, 129, 256, 300, 1000]) {
        const listed: string[][] = [];
        let cursor: string | undefined;
        do {
          const page = await stores.keystores.list({controller: ALICE, limit, cursor});
          listed.push(page.results.map(({id}) => id));
          ({cursor} = page);
        } while (cursor !== undefined);
        expect(listed.flat()).to.deep.equal(ids);
        for (const page of listed.slice(0, -1)) expect(page).to.have.length(limit);
      }
      await stores.close();
    }));
});
