import Database from 'better-sqlite3';
import {isDamage} from './driver-error.ts';
import {migrate} from './migrate.ts';
import {SELECT_SCHEMA_OBJECTS, schemaObjectsOf, type SchemaObject} from './schema-objects.ts';
import {RULES} from './verification-rules.ts';

/** As many sentences as one check gives; SQLite's own number for its `integrity_check`. */
const MOST_OF_A_CHECK = 100;

/** What SQLite finds wrong in the file: pages, indexes, types and CHECK constraints. */
function checkIntegrity(db: Database.Database): string[] {
  const rows = db.prepare<[], string>('PRAGMA integrity_check').pluck().all();
  return rows.filter((row) => row !== 'ok').map((row) => `The database file is not sound: ${row}.`);
}

interface BrokenReference {
  readonly table: string;
  readonly rowid: number | null;
  readonly parent: string;
}

function checkReferences(db: Database.Database): string[] {
  const rows = db.prepare<[], BrokenReference>('PRAGMA foreign_key_check').all();
  return rows.slice(0, MOST_OF_A_CHECK).map(({table, rowid, parent}) => {
    const row = rowid === null ? 'A row' : `Row ${rowid}`;
    return `${row} of ${table} refers to a row of ${parent} that is not there.`;
  });
}

/** Tables, indexes and triggers as this release makes them, on its own tables; others' beside them are their own. */
function checkSchema(db: Database.Database): string[] {
  const expected = schemaObjectsOf(migrate);
  const names = new Set(expected.map(({name}) => name));
  const tables = new Set(expected.map(({table}) => table));
  const found = db.prepare<[], SchemaObject>(SELECT_SCHEMA_OBJECTS).all();
  const made = new Map(found.map(({type, name, sql}) => [`${type} ${name}`, sql]));
  return [
    ...expected
      .filter(({type, name, sql}) => made.get(`${type} ${name}`) !== sql)
      .map(({type, name}) => `The ${type} ${name} is missing, or not as it was made.`),
    ...found
      .filter(({name, table}) => tables.has(table) && !names.has(name))
      .map(({type, name, table}) => `The ${type} ${name} of ${table} is not one that was made.`),
  ];
}

const checkRule =
  (sql: string) =>
  (db: Database.Database): string[] =>
    db.prepare<[number], string>(`${sql} LIMIT ?`).pluck().all(MOST_OF_A_CHECK);

const CHECKS = [checkIntegrity, checkReferences, checkSchema, ...RULES.map(checkRule)];

/** All of it as of one moment. @returns a sentence for each thing that is wrong, at most 100 of a kind. */
export function verifyDatabase(db: Database.Database): readonly string[] {
  db.exec('BEGIN');
  return CHECKS.flatMap((check) => {
    try {
      return check(db);
    } catch (error) {
      // What is damaged so that it cannot be read; the code's own statements are sound.
      const isFinding =
        error instanceof Database.SqliteError && (isDamage(error) || error.code === 'SQLITE_ERROR');
      if (!isFinding) throw error;
      return [`The database cannot be read: ${error.message}.`];
    }
  });
}
