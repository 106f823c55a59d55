import type {StoredDocument} from './collections.ts';
import type {MongodbConnection} from './mongodb-connection.ts';
import type {CollectionSchema} from './schema.ts';

/** What of these collections' indexes is not as this release makes it: a sentence each. */
export async function indexProblems(
  connection: MongodbConnection,
  collections: readonly CollectionSchema[],
): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const {name, indexes} of collections) {
    const found: readonly StoredDocument[] = await connection.administer((db) =>
      db.collection(name).listIndexes().toArray(),
    );
    for (const index of indexes) {
      const made = found.find((each) => each['name'] === index.name);
      const isSame =
        JSON.stringify(made?.['key']) === JSON.stringify(index.keys) &&
        (made?.['unique'] === true) === (index.unique ?? false);
      if (!isSame) problems.push(`The index ${index.name} of ${name} is missing, or not as it was made.`);
    }
  }
  return problems;
}
