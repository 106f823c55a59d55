import {type Db, MongoServerError} from 'mongodb';
import type {StoreLog} from '../network-store-options.ts';
import {StoreOpenError} from '../store-open-error.ts';
import {type CollectionSchema, type Index, SCHEMA} from './schema.ts';

/** In the order in which they run; the schema's version is how many have run. Each may be run again, and by several at once. */
const MIGRATIONS: readonly {readonly name: string; readonly run: (make: SchemaMaker) => Promise<void>}[] = [
  {name: 'initial', run: (make) => make.all(SCHEMA)},
];

export const SCHEMA_VERSION = MIGRATIONS.length;

/** `_id` 0 says whose database it is, the others which migrations were run. */
interface MigrationDocument {
  readonly _id: number;
  readonly name: string;
  readonly appliedAt: Date;
}

const APPLICATION = 'webkms-server';

const NAMESPACE_EXISTS = 48;
const DUPLICATE_KEY = 11000;
/** BadValue, FailedToParse, CommandNotFound, InvalidOptions, CannotCreateIndex, NotImplemented. */
const UNSUPPORTED: ReadonlySet<unknown> = new Set([2, 9, 59, 67, 72, 238]);

const hasCode = (error: unknown, ...codes: readonly number[]): boolean =>
  error instanceof MongoServerError && codes.includes(Number(error.code));

/** Makes collections and indexes that are not there yet. */
class SchemaMaker {
  readonly #db: Db;
  readonly #log: StoreLog | undefined;

  constructor(db: Db, log: StoreLog | undefined) {
    this.#db = db;
    this.#log = log;
  }

  async all(collections: readonly CollectionSchema[]): Promise<void> {
    for (const schema of collections) {
      await this.#makeCollection(schema);
      for (const index of schema.indexes) await this.#makeIndex(schema.name, index);
    }
  }

  async #makeCollection({name, validator}: CollectionSchema): Promise<void> {
    try {
      await this.#ifSupported(
        `a validator of ${name}`,
        validator && (() => this.#db.createCollection(name, {validator})),
        () => this.#db.createCollection(name),
      );
    } catch (error) {
      // Another node made it just now, or its first document did.
      if (!hasCode(error, NAMESPACE_EXISTS)) throw error;
      if (!validator) return;
      const change = async () => this.#db.command({collMod: name, validator});
      await this.#ifSupported(`a validator of ${name}`, change);
    }
  }

  async #makeIndex(collection: string, {name, keys, unique = false, ifSupported}: Index): Promise<void> {
    const plain = {name, unique};
    const make = (options: object) => () =>
      this.#db.collection(collection).createIndex(keys, {...plain, ...options}, {});
    await this.#ifSupported(
      `an option of the index ${name} of ${collection}`,
      ifSupported && make(ifSupported),
      make({}),
    );
  }

  /** What a server of the protocol does not have is done `otherwise`, and an operator is told. */
  async #ifSupported(
    what: string,
    best: (() => Promise<unknown>) | undefined,
    otherwise?: () => Promise<unknown>,
  ): Promise<void> {
    try {
      await best?.();
      if (best) return;
    } catch (error) {
      if (!(error instanceof MongoServerError && UNSUPPORTED.has(error.code))) throw error;
      this.#log?.warn({missing: what}, 'the server of the store lacks a safety net');
    }
    await otherwise?.();
  }
}

/** The version of the schema, undefined where nothing says that the database is ours. */
export async function readVersion(db: Db): Promise<number | undefined> {
  const documents = await db
    .collection<MigrationDocument>('schema_migration')
    .find({}, {readConcern: {level: 'majority'}, sort: {_id: 1}, limit: 1000})
    .toArray();
  if (documents[0]?._id !== 0 || documents[0].name !== APPLICATION) return undefined;
  return Number(documents.at(-1)?._id);
}

async function requireEmpty(db: Db): Promise<void> {
  const collections = await db.listCollections({}, {nameOnly: true, authorizedCollections: true}).toArray();
  const foreign = collections.map(({name}) => name).filter((name) => !name.startsWith('system.'));
  if (foreign.length === 0) return;
  // Another node may have begun to make it ours meanwhile.
  if ((await readVersion(db)) !== undefined) return;
  throw new StoreOpenError(
    'ERR_STORE_FOREIGN',
    `The database ${db.databaseName}, which WEBKMS_STORAGE names, is another application's: it has the collection ` +
      `${foreign[0] ?? ''}. Give WEBKMS_STORAGE the name of another database.`,
  );
}

async function note(db: Db, _id: number, name: string): Promise<void> {
  try {
    await db.collection<MigrationDocument>('schema_migration').insertOne({_id, name, appliedAt: new Date()});
  } catch (error) {
    if (!hasCode(error, DUPLICATE_KEY)) throw error;
  }
}

/**
 * Brings the schema to this release's version. Other nodes may do the same at the same time. Where it is there already nothing
 * is written.
 * @throws StoreOpenError where the database is somebody else's or of a newer release; it was not written to
 */
export async function migrate(db: Db, log: StoreLog | undefined): Promise<void> {
  const found = await readVersion(db);
  if (found !== undefined && found > MIGRATIONS.length) {
    throw new StoreOpenError(
      'ERR_STORE_NEWER',
      `The database ${db.databaseName}, which WEBKMS_STORAGE names, has schema version ${found}, and this release knows up ` +
        `to ${MIGRATIONS.length}. Start the release that wrote it or a newer one, or restore a backup made before it.`,
    );
  }
  if (found === undefined) {
    await requireEmpty(db);
    await note(db, 0, APPLICATION);
  }
  for (const [index, {name, run}] of [...MIGRATIONS.entries()].slice(found ?? 0)) {
    await run(new SchemaMaker(db, log));
    await note(db, index + 1, name);
  }
}
