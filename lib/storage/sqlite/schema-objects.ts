import Database from 'better-sqlite3';

/** A table, index or trigger. */
export interface SchemaObject {
  readonly type: string;
  readonly name: string;
  readonly table: string;
  readonly sql: string;
}

/** Without what SQLite makes by itself for constraints. */
export const SELECT_SCHEMA_OBJECTS = `SELECT type, name, tbl_name AS "table", sql FROM main.sqlite_schema
  WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite!_%' ESCAPE '!'`;

/** @returns what `make` makes of an empty database. */
export function schemaObjectsOf(make: (db: Database.Database) => void): readonly SchemaObject[] {
  const db = new Database(':memory:');
  try {
    make(db);
    return db.prepare<[], SchemaObject>(SELECT_SCHEMA_OBJECTS).all();
  } finally {
    db.close();
  }
}
