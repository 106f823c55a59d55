import type Database from 'better-sqlite3';
import {InvalidSchemaError} from '../key-errors.ts';
import type {KeyHierarchyStore} from '../key-hierarchy-store.ts';
import {SqliteConnection} from './connection.ts';
import {DataKeyVersionReferencers} from './data-key-version-referencers.ts';
import {hierarchyObjects, KEY_HIERARCHY_MIGRATIONS, KeyHierarchySchema} from './key-hierarchy-schema.ts';
import {SqliteKeyHierarchyStore} from './sqlite-key-hierarchy-store.ts';

const BUSY_TIMEOUT_MS = 5000;
/** `PRAGMA synchronous`: what was answered with success outlives a loss of power. */
const FULL = 2;

export interface ApplicationKeyHierarchyOptions {
  /** How long a call waits for another's write, or for the application's own transaction, before it throws `UnavailableError`. */
  readonly busyTimeoutMs?: number;
}

/** The tables of the hierarchy that are there, by their own names or as anything else's: SQLite's names have no case. */
function namesInUse(db: Database.Database): readonly string[] {
  const find = db
    .prepare<[string], string>('SELECT name FROM main.sqlite_schema WHERE name = ? COLLATE NOCASE')
    .pluck();
  return hierarchyObjects().flatMap(({name}) => find.get(name) ?? []);
}

/** Makes the tables, where nothing of the hierarchy is there. @throws InvalidSchemaError where names are taken */
function createTables(db: Database.Database): void {
  const taken = namesInUse(db);
  if (taken.includes('hierarchy_state')) return;
  if (taken.length > 0) {
    throw new InvalidSchemaError(
      `The database has ${taken.join(', ')} already, and not of a key hierarchy, which needs these names.`,
    );
  }
  for (const {sql} of KEY_HIERARCHY_MIGRATIONS) db.exec(sql);
}

/**
 * A key hierarchy in an application's own SQLite database, over its own connection: a row of the application and the
 * data key version that it names are of one database, and written in one. The tables are made where they are not there
 * yet (names: root_wrapper, root_key, root_key_version, sealed_root_key_version, data_key, data_key_version,
 * hierarchy_state); nothing else of the database is touched. Of the connection, `synchronous` becomes at least FULL and
 * `secure_delete` ON. The application closes it, after it has stopped using the store.
 *
 * A method that writes has a transaction of its own: called while the application has one open on the same connection,
 * it waits until that has ended. Where the connection has a busy time-out of its own (better-sqlite3 gives it 5 s), the
 * driver sleeps that long for another connection's lock, and the thread with it.
 * @throws InvalidSchemaError where the connection does not enforce foreign keys, the names are taken, or the hierarchy
 *   that is there is not one that this release can use, e.g. a newer one. @throws UnavailableError
 */
export async function openApplicationKeyHierarchy(
  db: Database.Database,
  {busyTimeoutMs = BUSY_TIMEOUT_MS}: ApplicationKeyHierarchyOptions = {},
): Promise<KeyHierarchyStore> {
  if (Number(db.pragma('foreign_keys', {simple: true})) !== 1) {
    throw new InvalidSchemaError("Set the connection's foreign_keys = ON: keys in use must not be deleted.");
  }
  const connection = SqliteConnection.of(db, busyTimeoutMs);
  const isThere = await connection.run(() => namesInUse(db).includes('hierarchy_state'));
  if (!isThere) {
    await connection.write(() => {
      createTables(db);
    });
  }
  await connection.outside(() => {
    if (Number(db.pragma('synchronous', {simple: true})) < FULL) db.pragma('synchronous = FULL');
    db.pragma('secure_delete = ON');
  });
  // Before the store prepares statements, which another schema may not have the tables for.
  await connection.snapshot(() => {
    new KeyHierarchySchema(connection).validate(new DataKeyVersionReferencers(connection).list());
  });
  return new SqliteKeyHierarchyStore(connection);
}
