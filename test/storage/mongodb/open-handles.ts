import type {MongodbOptions} from '../../../lib/storage/mongodb/mongodb-options.ts';
import {MongodbStores} from '../../../lib/storage/mongodb/mongodb-stores.ts';
import type {StoreHandles} from '../store-suite.ts';

/** Where databases come from. */
export interface DatabaseSource {
  createDatabase(): Promise<string>;
  dropDatabase(url: string): Promise<void>;
}

export interface MongodbHandles extends StoreHandles {
  readonly url: string;
  readonly stores: MongodbStores;
  readonly other: MongodbStores;
}

/** Two handles on a new database. @param options of the first of them */
export async function openHandles(
  server: DatabaseSource,
  options: Partial<MongodbOptions> = {},
): Promise<MongodbHandles> {
  const url = await server.createDatabase();
  const stores = await MongodbStores.open({url, ...options});
  const other = await MongodbStores.open({url});
  return {
    url,
    stores,
    other,
    close: async () => {
      await Promise.all([stores.close(), other.close()]);
      await server.dropDatabase(url);
    },
  };
}
