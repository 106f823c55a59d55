import type {Collection, Db, Document, Filter, UpdateFilter} from 'mongodb';
import {DuplicateError} from '../../errors.ts';
import {NETWORK_STORE_DEFAULTS} from '../network-store-options.ts';
import {BoundedCalls} from './bounded-calls.ts';
import type {CollectionName, StoredDocument} from './collections.ts';
import {Deadline} from './deadline.ts';
import {DuplicateKeyError, NotImplementedError, toStoreError} from './driver-error.ts';
import {endsWithin} from './ends-within.ts';
import {makeClient} from './make-client.ts';
import type {MongodbOptions} from './mongodb-options.ts';
import {parseMongodbUrl} from './mongodb-url.ts';
import {
  type Change,
  type Conditions,
  type ListSelection,
  type Projection,
  READ_CONCERNS,
  type Reading,
  type Selection,
} from './selection.ts';
import {SentAttempts} from './sent-attempts.ts';
import {WatchedClient} from './watched-client.ts';

export type {Change, Conditions, Order, Projection, Reading} from './selection.ts';

/**
 * A pool of connections, and the ways of working with it. Whatever goes wrong in them comes out as a StoreError. Everything
 * that is written is so once the majority has it in its journals; a write of which that is not known is an OutcomeUnknownError.
 */
export class MongodbConnection {
  readonly #client: WatchedClient;
  readonly #timeoutMs: number;
  readonly #calls: BoundedCalls;
  /** Some servers of the protocol give the whole document or nothing. */
  #canProjectChanges = true;

  private constructor(client: WatchedClient, options: MongodbOptions) {
    const {maxConnections, maxWaiting, timeoutMs} = {...NETWORK_STORE_DEFAULTS, ...options};
    this.#client = client;
    this.#timeoutMs = timeoutMs;
    this.#calls = new BoundedCalls({mostAtOnce: maxConnections + maxWaiting, timeoutMs});
  }

  /** Connects; nothing is known of the database yet. @throws StoreOpenError where the URL is none. @throws MongoError */
  static async open(options: MongodbOptions): Promise<MongodbConnection> {
    const {url, database} = parseMongodbUrl(options);
    const {onCommand, log} = options;
    const {timeoutMs: connectTimeoutMs} = {...NETWORK_STORE_DEFAULTS, ...options};
    const make = () => {
      const client = makeClient(url, options);
      if (onCommand) client.on('commandStarted', ({command}) => onCommand(command));
      client.on('serverDescriptionChanged', ({address, previousDescription, newDescription}) => {
        const [was, is] = [previousDescription.type !== 'Unknown', newDescription.type !== 'Unknown'];
        if (was && !is) log?.warn({server: address}, 'a server of the store is lost');
        if (!was && is)
          log?.info({server: address, kind: newDescription.type}, 'a server of the store is there');
      });
      return client;
    };
    const onReplaced = () =>
      log?.warn({database}, 'the driver stopped looking for the store: it begins anew');
    const client = new WatchedClient({make, database, connectTimeoutMs, onReplaced});
    try {
      await client.connect();
    } catch (error) {
      await client.close();
      throw error;
    }
    return new MongodbConnection(client, options);
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
    return endsWithin(timeoutMs, work(this.#client.db()));
  }

  async findOne(
    name: CollectionName,
    conditions: Conditions,
    {reading = 'settled', projection}: Selection = {},
  ): Promise<StoredDocument | undefined> {
    const found = await this.#calls.run((maxTimeMS) =>
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
    return this.#calls.run((maxTimeMS) => this.#cursor(name, conditions, selection, maxTimeMS).toArray());
  }

  /** Gives them to `take` one by one, and reads no further once it returns false. */
  forEach(
    name: CollectionName,
    conditions: Conditions,
    selection: ListSelection,
    take: (document: StoredDocument) => boolean,
  ): Promise<void> {
    return this.#calls.run(async (maxTimeMS) => {
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
    return this.#calls.run((maxTimeMS) =>
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
    await this.#calls.run(
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
    const {matchedCount, upsertedCount} = await this.#calls.run(
      (maxTimeMS) =>
        this.#collection(name).updateOne(sent.counted(conditions), change as UpdateFilter<Document>, {
          upsert,
          maxTimeMS,
        }),
      sent,
    );
    return matchedCount + upsertedCount > 0;
  }

  /** @returns the document as it is then (at least what `projection` has of it), undefined where there is none. @throws DuplicateKeyError */
  async findAndUpdate(
    name: CollectionName,
    conditions: Conditions,
    change: Change,
    {upsert = false, projection}: {readonly upsert?: boolean; readonly projection?: Projection} = {},
  ): Promise<StoredDocument | undefined> {
    const sent = new SentAttempts();
    try {
      const found = await this.#calls.run(
        (maxTimeMS) =>
          this.#collection(name).findOneAndUpdate(
            sent.counted(conditions),
            change as UpdateFilter<Document>,
            {
              returnDocument: 'after',
              upsert,
              maxTimeMS,
              ...(projection && this.#canProjectChanges && {projection}),
            },
          ),
        sent,
      );
      return found ?? undefined;
    } catch (error) {
      if (!(error instanceof NotImplementedError && projection && this.#canProjectChanges)) throw error;
      this.#canProjectChanges = false;
      return this.findAndUpdate(name, conditions, change, {upsert});
    }
  }

  /** @returns whether there was one. */
  async remove(name: CollectionName, conditions: Conditions): Promise<boolean> {
    const sent = new SentAttempts();
    const {deletedCount} = await this.#calls.run(
      (maxTimeMS) => this.#collection(name).deleteOne(sent.counted(conditions), {maxTimeMS}),
      sent,
    );
    return deletedCount > 0;
  }

  /** @returns how many there were. */
  async removeMany(name: CollectionName, conditions: Conditions): Promise<number> {
    const sent = new SentAttempts();
    const {deletedCount} = await this.#calls.run(
      (maxTimeMS) => this.#collection(name).deleteMany(sent.counted(conditions), {maxTimeMS}),
      sent,
    );
    return deletedCount;
  }

  async close(): Promise<void> {
    this.#calls.close();
    await this.#client.close();
  }

  #collection(name: CollectionName): Collection {
    return this.#client.db().collection(name);
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
}
