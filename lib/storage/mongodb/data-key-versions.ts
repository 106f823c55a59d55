import {KeyNotFoundError} from '../key-errors.ts';
import type {StoredDocument} from './collections.ts';
import type {MongodbConnection} from './mongodb-connection.ts';
import {list, members, text} from './stored-values.ts';

/** Ids of all data key versions that a scope's document holds. */
export function dataKeyVersionIdsOf(document: StoredDocument): ReadonlySet<string> {
  const dataKeys = list(document['dataKeys'] ?? []).map(members);
  const versions = dataKeys.flatMap((dataKey) => list(dataKey['versions']).map(members));
  return new Set(versions.map(({id}) => text(id)));
}

/**
 * What is sealed or authenticated in a keystore is so with keys of its own scope.
 * @throws KeyNotFoundError where one is not there (any more). @throws TypeError where one is another scope's
 */
export async function requireDataKeyVersions(
  connection: MongodbConnection,
  scope: StoredDocument,
  ids: readonly string[],
): Promise<void> {
  const own = dataKeyVersionIdsOf(scope);
  const missing = ids.find((id) => !own.has(id));
  if (missing === undefined) return;
  const [foreign] = await connection.find('keystore', {keyIds: missing}, {limit: 1, projection: {_id: 1}});
  if (foreign) throw new TypeError('A record is sealed and authenticated under its own keystore’s keys.');
  throw new KeyNotFoundError(`There is no data key version ${missing}.`);
}
