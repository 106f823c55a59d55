import {join} from 'node:path';
import Database from 'better-sqlite3';

export interface KeyVersionCounts {
  readonly rootKeyVersions: number;
  readonly dataKeyVersions: number;
  /** The highest version number of any key. */
  readonly newest: number;
}

function read<T>(dataDir: string, work: (db: Database.Database) => T): T {
  const db = new Database(join(dataDir, 'webkms.db'), {readonly: true, fileMustExist: true});
  try {
    return work(db);
  } finally {
    db.close();
  }
}

/** How many key versions there are at rest, of keystores and of the server itself. */
export function keyVersions(dataDir: string): KeyVersionCounts {
  return read(dataDir, (db) => ({
    rootKeyVersions: number(db, 'SELECT count(*) FROM root_key_version'),
    dataKeyVersions: number(db, 'SELECT count(*) FROM data_key_version'),
    newest: number(db, 'SELECT max(version) FROM data_key_version'),
  }));
}

/** How many rows are sealed or authenticated under a data key version that is not the newest of its key. */
export function staleRows(dataDir: string): number {
  return read(dataDir, (db) =>
    [
      ['key_version', 'data_key_version'],
      ['key_record', 'mac_key_version'],
      ['keystore', 'mac_key_version'],
    ]
      .map(([table, column]) =>
        number(
          db,
          `SELECT count(*) FROM ${table} r JOIN data_key_version v ON v.position = r.${column}
           WHERE v.version < (SELECT max(version) FROM data_key_version n WHERE n.data_key = v.data_key)`,
        ),
      )
      .reduce((sum, count) => sum + count, 0),
  );
}

function number(db: Database.Database, sql: string): number {
  return db.prepare<[], number>(sql).pluck().get() ?? 0;
}
