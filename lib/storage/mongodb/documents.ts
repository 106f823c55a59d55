import type {CollectionName, StoredDocument} from './collections.ts';
import {DuplicateKeyError} from './driver-error.ts';
import type {MongodbConnection, Reading} from './mongodb-connection.ts';

/** Where one document is. */
export interface Place {
  readonly collection: CollectionName;
  readonly _id: string;
  /** The shard key, where the collection has another than `_id`. */
  readonly keystoreId?: string | undefined;
}

/** The operators that every server of the protocol has. */
export interface DocumentChange {
  readonly $set?: Readonly<Record<string, unknown>>;
  readonly $unset?: Readonly<Record<string, ''>>;
  readonly $inc?: Readonly<Record<string, number>>;
}

/** What guarded writes do to documents, each of them one command about one document. */
export class Documents {
  readonly #connection: MongodbConnection;

  constructor(connection: MongodbConnection) {
    this.#connection = connection;
  }

  read({collection, _id, keystoreId}: Place, reading: Reading): Promise<StoredDocument | undefined> {
    return this.#connection.findOne(collection, toFilter(_id, keystoreId), {reading});
  }

  /** @returns false where there is one already. */
  async insert({collection, _id, keystoreId}: Place, members: StoredDocument): Promise<boolean> {
    try {
      await this.#connection.insert(collection, {...toFilter(_id, keystoreId), ...members});
      return true;
    } catch (error) {
      if (error instanceof DuplicateKeyError) return false;
      throw error;
    }
  }

  /** Changes the document if it is as `condition` says. @returns whether it was. @throws DuplicateKeyError */
  update(
    {collection, _id, keystoreId}: Place,
    condition: StoredDocument,
    change: DocumentChange,
  ): Promise<boolean> {
    return this.#connection.update(collection, {...toFilter(_id, keystoreId), ...condition}, {...change});
  }

  /** Changes whatever is there. @returns what it is then, or undefined where there is none. */
  updateAndRead(
    {collection, _id, keystoreId}: Place,
    change: DocumentChange,
  ): Promise<StoredDocument | undefined> {
    return this.#connection.findAndUpdate(collection, toFilter(_id, keystoreId), {...change});
  }

  /** Deletes the document if it is as `condition` says. @returns whether it was. */
  delete({collection, _id, keystoreId}: Place, condition: StoredDocument): Promise<boolean> {
    return this.#connection.remove(collection, {...toFilter(_id, keystoreId), ...condition});
  }
}

const toFilter = (_id: string, keystoreId: string | undefined): StoredDocument => ({
  _id,
  ...(keystoreId !== undefined && {keystoreId}),
});

/** Told before each write of an operation that has several: `insert key: write`. For tests, which stop there. */
export type OnStep = (step: string) => void | Promise<void>;
