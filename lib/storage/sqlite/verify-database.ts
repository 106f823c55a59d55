import Database from 'better-sqlite3';
import {isDamage} from './driver-error.ts';
import {migrate} from './migrate.ts';
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

/** Tables, indexes and triggers as this release makes them; an application's own beside them are its own. */
function checkSchema(db: Database.Database): string[] {
  const objectsOf = (database: Database.Database) =>
    database
      .prepare<[], {type: string; name: string; sql: string}>(
        'SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL',
      )
      .all();
  const expected = new Database(':memory:');
  try {
    migrate(expected);
    const found = new Map(objectsOf(db).map(({type, name, sql}) => [`${type} ${name}`, sql]));
    return objectsOf(expected)
      .filter(({type, name, sql}) => found.get(`${type} ${name}`) !== sql)
      .map(({type, name}) => `The ${type} ${name} is missing, or not as it was made.`);
  } finally {
    expected.close();
  }
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
