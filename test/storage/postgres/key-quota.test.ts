import {expect} from 'chai';
import {QuotaExceededError} from '../../../lib/errors.ts';
import {KeyCounts} from '../../../lib/storage/key-counts.ts';
import {insertKey} from '../../../lib/storage/postgres/key-record-writer.ts';
import {COUNT_KEPT} from '../../../lib/storage/postgres/key-write-statements.ts';
import {NETWORK_STORE_DEFAULTS} from '../../../lib/storage/network-store-options.ts';
import {PostgresConnection} from '../../../lib/storage/postgres/postgres-connection.ts';
import {PostgresStores} from '../../../lib/storage/postgres/postgres-stores.ts';
import {parsePostgresUrl} from '../../../lib/storage/postgres/postgres-url.ts';
import type {Transaction} from '../../../lib/storage/postgres/transaction.ts';
import {insertKeystore, makeKey} from '../records.ts';
import {expectRefusal} from '../store-suite.ts';
import {usePostgresDatabases} from './postgres-databases.ts';

describe('the quota of keys in PostgreSQL', () => {
  const databases = usePostgresDatabases();

  it('counts the keys of a keystore once, and again where that is not enough to know', async () => {
    const url = await databases.create();
    const stores = await PostgresStores.open({url});
    const connection = new PostgresConnection(parsePostgresUrl(url, undefined), NETWORK_STORE_DEFAULTS);
    const [{id}, {id: another}] = [await insertKeystore(stores), await insertKeystore(stores)];
    const counts = new KeyCounts();
    let counted: unknown[] = [];
    const insert = (keystoreId: string): Promise<void> =>
      connection.write((tx) => {
        const watched: Transaction = {
          ...tx,
          query: async (statement, values) => {
            const rows = await tx.query(statement, values);
            if (statement === COUNT_KEPT) counted.push(rows[0]?.['keys']);
            return rows;
          },
        };
        return insertKey(watched, makeKey(keystoreId), {maxPerKeystore: 8, counts});
      });
    try {
      for (let count = 0; count < 4; count++) await insert(id);
      expect(counted).to.deep.equal([0, null, null, null]);
      counted = [];
      // As many places as are left in the quota: these might be keys of the first.
      for (let count = 0; count < 4; count++) await insert(another);
      for (let count = 0; count < 3; count++) await insert(id);
      expect(counted).to.deep.equal([0, null, null, null, 4, null, null]);
      await insert(id);
      await expectRefusal(insert(id), QuotaExceededError);
    } finally {
      await Promise.all([stores.close(), connection.close()]);
      await databases.drop(url);
    }
  });
});
