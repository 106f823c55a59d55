import {InvalidSchemaError} from '../key-errors.ts';
import {indexProblems} from './index-problems.ts';
import {readVersion, SCHEMA_VERSION} from './migrate.ts';
import type {MongodbConnection} from './mongodb-connection.ts';
import {SCHEMA} from './schema.ts';

/** Collections that hold, or name, keys of the hierarchy. */
const COLLECTIONS: ReadonlySet<string> = new Set(['keystore', 'key', 'hierarchy']);

/**
 * Compares what there is with what this release makes. What refers to data key versions is known, and looked for by whoever
 * deletes one; without its indexes each such look would read everything.
 * @throws InvalidSchemaError
 */
export async function validateKeyHierarchySchema(connection: MongodbConnection): Promise<void> {
  const version = await connection.administer((db) => readVersion(db));
  if (version !== SCHEMA_VERSION) {
    throw new InvalidSchemaError(
      version === undefined
        ? 'The database is not one of this server’s.'
        : `The database has schema version ${version}, not ${SCHEMA_VERSION}.`,
    );
  }
  const collections = SCHEMA.filter(({name}) => COLLECTIONS.has(name));
  const problems = await indexProblems(connection, collections);
  if (problems.length > 0) throw new InvalidSchemaError(problems.join(' '));
}
