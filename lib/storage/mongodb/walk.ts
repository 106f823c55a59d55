import {BSON} from 'mongodb';
import type {CollectionName, StoredDocument} from './collections.ts';
import type {Conditions, MongodbConnection} from './mongodb-connection.ts';

/** Documents that are held at a time, and how many bytes of them at most, but for the last. */
const PAGE = {documents: 1000, bytes: 4 * 1024 * 1024};
/** Ids alone are small. */
const IDS = 10_000;

/** Of documents whose `_id` follows: all, where there is none yet. */
const following = (conditions: Conditions, after: unknown): Conditions =>
  after === undefined ? conditions : {...conditions, _id: {$gt: after}};

/** All documents in order of `_id`, a page after the other: no command takes longer where there are more of them. */
export async function* walk(
  connection: MongodbConnection,
  collection: CollectionName,
  conditions: Conditions,
): AsyncGenerator<StoredDocument> {
  for (let after: unknown; ;) {
    const page: StoredDocument[] = [];
    let bytes = 0;
    const selection = {sort: {_id: 1}, limit: PAGE.documents} as const;
    await connection.forEach(collection, following(conditions, after), selection, (document) => {
      page.push(document);
      bytes += BSON.calculateObjectSize(document);
      return bytes < PAGE.bytes;
    });
    yield* page;
    const last = page.at(-1);
    if (!last) return;
    after = last['_id'];
  }
}

/** How many documents there are, counted as `walk` walks: no command takes longer where there are more of them. */
export async function countAll(
  connection: MongodbConnection,
  collection: CollectionName,
  conditions: Conditions,
): Promise<number> {
  const selection = {sort: {_id: 1}, limit: IDS, projection: {_id: 1}} as const;
  let count = 0;
  for (let after: unknown; ;) {
    const page = await connection.find(collection, following(conditions, after), selection);
    count += page.length;
    const last = page.at(-1);
    if (!last) return count;
    after = last['_id'];
  }
}
