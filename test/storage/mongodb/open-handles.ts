import {type Collection, type Document, MongoClient} from 'mongodb';
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
  /** What is stored, as it is. */
  readonly collection: (name: string) => Collection<StoredDocument>;
  readonly documentsOf: (name: string) => Promise<readonly Document[]>;
}

export interface StoredDocument {
  _id: string;
  [member: string]: unknown;
}

/** Two handles on a new database. @param options of the first of them @param others of the other one */
export async function openHandles(
  server: DatabaseSource,
  options: Partial<MongodbOptions> = {},
  others: Partial<MongodbOptions> = {},
): Promise<MongodbHandles> {
  const url = await server.createDatabase();
  const stores = await MongodbStores.open({url, ...options});
  const other = await MongodbStores.open({url, ...others});
  const client = await MongoClient.connect(url, {promoteBuffers: true});
  const collection = (name: string) => client.db().collection<StoredDocument>(name);
  return {
    url,
    stores,
    other,
    collection,
    documentsOf: (name) => collection(name).find().toArray(),
    close: async () => {
      await client.close();
      await Promise.all([stores.close(), other.close()]);
      await server.dropDatabase(url);
    },
  };
}
