import {
  type Collection,
  type Db,
  type Document,
  type Filter,
  MongoClient,
  ReadConcern,
  type UpdateFilter,
} from 'mongodb';
import {DuplicateError, UnavailableError} from '../../errors.ts';
import {NETWORK_STORE_DEFAULTS} from '../network-store-options.ts';
import {clientOptions} from './client-options.ts';
import type {CollectionName, StoredDocument} from './collections.ts';
import {Deadline} from './deadline.ts';
import {DuplicateKeyError, toStoreError} from './driver-error.ts';
import {endsWithin} from './ends-within.ts';
import type {MongodbOptions} from './mongodb-options.ts';
import {parseMongodbUrl} from './mongodb-url.ts';
import {SentAttempts} from './sent-attempts.ts';

/**
 * What a read has to be. All go to the primary.
 * - `decisive`: linearizable. A primary that was replaced and has not noticed yet gives no answer, so that everything is seen
 *   that was answered before. For what decides a request, of single documents by their unique keys.
 * - `current`: the primary's own state, for what is compared and swapped next: the swap, which the majority confirms,
 *   succeeds only where that state was the true one.
 * - `settled`: nothing that could be rolled back. For lists and maintenance.
 */
export type Reading = 'decisive' | 'current' | 'settled';

const READ_CONCERNS: Readonly<Record<Reading, ReadConcern>> = {
  decisive: new ReadConcern('linearizable'),
  current: new ReadConcern('local'),
  settled: new ReadConcern('majority'),
};

export type Conditions = Readonly<Record<string, unknown>>;
export type Change = Readonly<Record<string, Readonly<Record<string, unknown>>>>;
export type Projection = Readonly<Record<string, 0 | 1>>;
/** In the order of its members. */
export type Order = Readonly<Record<string, 1 | -1>>;

interface Selection {
  readonly reading?: Reading;
  readonly projection?: Projection;
}

interface ListSelection extends Selection {
  readonly sort?: Order;
  readonly limit: number;
}

/**
 * A pool of connections, and the ways of working with it. Whatever goes wrong in them comes out as a StoreError. Everything
 * that is written is so once the majority has it in its journals; a write of which that is not known is an OutcomeUnknownError.
 */
export class MongodbConnection {
  readonly #client: MongoClient;
  readonly #db: Db;
  readonly #timeoutMs: number;
  readonly #mostRunning: number;
  #running = 0;
  #closed = false;

  private constructor(client: MongoClient, database: string, options: MongodbOptions) {
    const {maxConnections, maxWaiting, timeoutMs} = {...NETWORK_STORE_DEFAULTS, ...options};
    this.#client = client;
    this.#db = client.db(database);
    this.#timeoutMs = timeoutMs;
    this.#mostRunning = maxConnections + maxWaiting;
  }

  /** Connects; nothing is known of the database yet. @throws StoreOpenError where the URL is none. @throws MongoError */
  static async open(options: MongodbOptions): Promise<MongodbConnection> {
    const {url, database} = parseMongodbUrl(options);
    const client = new MongoClient(url, clientOptions(options));
    const {onCommand, log} = options;
    if (onCommand) client.on('commandStarted', ({command}) => onCommand(command));
    client.on('serverDescriptionChanged', ({address, previousDescription, newDescription}) => {
      const [was, is] = [previousDescription.type !== 'Unknown', newDescription.type !== 'Unknown'];
      if (was && !is) log?.warn({server: address}, 'a server of the store is lost');
      if (!was && is)
        log?.info({server: address, kind: newDescription.type}, 'a server of the store is there');
    });
    try {
      await client.connect();
    } catch (error) {
      await client.close();
      throw error;
    }
    return new MongodbConnection(client, database, options);
  }

  /** All commands in `work` together end within the time that one operation has. @throws StoreError, but no DuplicateKeyError */
  async within<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await Deadline.within(this.#timeoutMs, work);
    } catch (error) {
      const storeError = toStoreError(error);
      if (!(storeError instanceof DuplicateKeyError)) throw storeError;
      throw new DuplicateError('A record with that identity exists.', {cause: error});
    }
  }

  /** What is not about documents: for opening and checking. The driver's own errors come out of it. */
  administer<T>(work: (db: Db) => Promise<T>, timeoutMs = this.#timeoutMs): Promise<T> {
    return endsWithin(timeoutMs, work(this.#db));
  }

  async findOne(
    name: CollectionName,
    conditions: Conditions,
    {reading = 'settled', projection}: Selection = {},
  ): Promise<StoredDocument | undefined> {
    const found = await this.#run((maxTimeMS) =>
      this.#collection(name).findOne(conditions as Filter<Document>, {
        readConcern: READ_CONCERNS[reading],
        maxTimeMS,
        ...(projection && {projection}),
      }),
    );
    return found ?? undefined;
  }

  find(
    name: CollectionName,
    conditions: Conditions,
    selection: ListSelection,
  ): Promise<readonly StoredDocument[]> {
    return this.#run((maxTimeMS) => this.#cursor(name, conditions, selection, maxTimeMS).toArray());
  }

  /** Gives them to `take` one by one, and reads no further once it returns false. */
  forEach(
    name: CollectionName,
    conditions: Conditions,
    selection: ListSelection,
    take: (document: StoredDocument) => boolean,
  ): Promise<void> {
    return this.#run(async (maxTimeMS) => {
      for await (const document of this.#cursor(name, conditions, selection, maxTimeMS)) {
        if (!take(document)) return;
      }
    });
  }

  /** How many documents there are, or `limit` where there are more. */
  count(
    name: CollectionName,
    conditions: Conditions,
    {reading = 'settled', limit}: {readonly reading?: Reading; readonly limit?: number} = {},
  ): Promise<number> {
    return this.#run((maxTimeMS) =>
      this.#collection(name).countDocuments(conditions as Filter<Document>, {
        readConcern: READ_CONCERNS[reading],
        maxTimeMS,
        ...(limit !== undefined && {limit}),
      }),
    );
  }

  /** @returns how many attempts it took. @throws DuplicateKeyError */
  async insert(name: CollectionName, document: object): Promise<number> {
    const sent = new SentAttempts();
    await this.#run(
      (maxTimeMS) => this.#collection(name).insertOne(sent.counted(document as Document), {maxTimeMS}),
      sent,
    );
    return sent.count;
  }

  /** @returns whether there was one; or with `upsert`, true. @throws DuplicateKeyError */
  async update(
    name: CollectionName,
    conditions: Conditions,
    change: Change,
    {upsert = false}: {readonly upsert?: boolean} = {},
  ): Promise<boolean> {
    const sent = new SentAttempts();
    const {matchedCount, upsertedCount} = await this.#run(
      (maxTimeMS) =>
        this.#collection(name).updateOne(sent.counted(conditions), change as UpdateFilter<Document>, {
          upsert,
          maxTimeMS,
        }),
      sent,
    );
    return matchedCount + upsertedCount > 0;
  }

  /** @returns the document as it is then, undefined where there is none. @throws DuplicateKeyError */
  async findAndUpdate(
    name: CollectionName,
    conditions: Conditions,
    change: Change,
    {upsert = false, projection}: {readonly upsert?: boolean; readonly projection?: Projection} = {},
  ): Promise<StoredDocument | undefined> {
    const sent = new SentAttempts();
    const found = await this.#run(
      (maxTimeMS) =>
        this.#collection(name).findOneAndUpdate(sent.counted(conditions), change as UpdateFilter<Document>, {
          returnDocument: 'after',
          upsert,
          maxTimeMS,
          ...(projection && {projection}),
        }),
      sent,
    );
    return found ?? undefined;
  }

  /** @returns whether there was one. */
  async remove(name: CollectionName, conditions: Conditions): Promise<boolean> {
    const sent = new SentAttempts();
    const {deletedCount} = await this.#run(
      (maxTimeMS) => this.#collection(name).deleteOne(sent.counted(conditions), {maxTimeMS}),
      sent,
    );
    return deletedCount > 0;
  }

  /** @returns how many there were. */
  async removeMany(name: CollectionName, conditions: Conditions): Promise<number> {
    const sent = new SentAttempts();
    const {deletedCount} = await this.#run(
      (maxTimeMS) => this.#collection(name).deleteMany(sent.counted(conditions), {maxTimeMS}),
      sent,
    );
    return deletedCount;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#client.close();
  }

  #collection(name: CollectionName): Collection {
    return this.#db.collection(name);
  }

  #cursor(
    name: CollectionName,
    conditions: Conditions,
    {reading = 'settled', projection, sort, limit}: ListSelection,
    maxTimeMS: number,
  ) {
    return this.#collection(name).find(conditions as Filter<Document>, {
      readConcern: READ_CONCERNS[reading],
      limit,
      batchSize: Math.min(limit, 200),
      maxTimeMS,
      ...(projection && {projection}),
      ...(sort && {sort: {...sort}}),
    });
  }

  async #run<T>(work: (maxTimeMs: number) => Promise<T>, write?: SentAttempts): Promise<T> {
    if (this.#closed) throw new UnavailableError('The store is closed.');
    if (this.#running >= this.#mostRunning)
      throw new UnavailableError('Too many callers wait for the store.');
    const timeoutMs = Deadline.remainingMs(this.#timeoutMs);
    this.#running++;
    // It runs, and has its connection, until the driver is done with it, however long its caller waits.
    const running = work(timeoutMs).finally(() => this.#running--);
    try {
      return await endsWithin(timeoutMs, running);
    } catch (error) {
      write?.abandon();
      throw toStoreError(error, write);
    }
  }
}
