import {join} from 'node:path';
import Database from 'better-sqlite3';

/** Runs a statement on the database of a data directory as somebody would who got hold of the file: no trigger hinders it. */
export function unguarded(dataDir: string, statement: string, ...parameters: readonly unknown[]): void {
  const db = new Database(join(dataDir, 'webkms.db'), {fileMustExist: true, timeout: 5000});
  try {
    db.pragma('foreign_keys = OFF');
    db.transaction(() => {
      const triggers = db
        .prepare<[], {name: string; sql: string}>(
          `SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'`,
        )
        .all();
      for (const {name} of triggers) db.exec(`DROP TRIGGER ${name}`);
      db.prepare(statement).run(...parameters);
      for (const {sql} of triggers) db.exec(sql);
    }).immediate();
  } finally {
    db.close();
  }
}
