import type {SqliteConnection} from './connection.ts';
import {KEY_COLUMNS, VERSION_COLUMNS, type KeyColumns, type VersionColumns} from './key-row.ts';

type PageParameters = [keystoreId: string, position: number, rows: number];

export interface ListedKeyRow extends KeyColumns, VersionColumns {
  readonly position: number;
}

/** Everything that SqliteKeyRecordStore asks of the database. */
export const keyStatements = (connection: SqliteConnection) => ({
  findKeystore: connection
    .prepare<[id: string], number>('SELECT position FROM keystore WHERE id = ?')
    .pluck(),
  countOfKeystore: connection
    .prepare<[keystore: number], number>('SELECT count(*) FROM key_record WHERE keystore = ?')
    .pluck(),
  keystoreSequence: connection
    .prepare<[keystore: number], number>('SELECT sequence FROM keystore WHERE position = ?')
    .pluck(),
  insert: connection.prepare<[KeyColumns & {readonly keystore: number}]>(
    `INSERT INTO key_record (keystore, local_id, sequence, type, created_at,
       max_capability_chain_length, public_alias, public_alias_template)
     VALUES (@keystore, @localKeyId, @sequence, @type, @createdAt,
       @maxCapabilityChainLength, @publicAlias, @publicAliasTemplate)`,
  ),
  insertVersion: connection.prepare<[VersionColumns & {readonly key: number | bigint}]>(
    `INSERT INTO key_version (key, version, created_at, public_key, material)
     VALUES (@key, @version, @versionCreatedAt, @publicKey, @material)`,
  ),
  // Variables are bound only in subqueries over unique keys: bound elsewhere, each new value of them would make this
  // build of SQLite (STAT4) plan the statement anew, which takes longer than running it (docs/adr/0003).
  find: connection.prepare<[keystoreId: string, localKeyId: string], KeyColumns & VersionColumns>(
    `SELECT ${KEY_COLUMNS}, ${VERSION_COLUMNS}
     FROM key_record r JOIN key_version v ON v.key = r.position
     WHERE r.position = (SELECT position FROM key_record
       WHERE keystore = (SELECT position FROM keystore WHERE id = ?) AND local_id = ?)
     ORDER BY v.version`,
  ),
  page: connection.prepare<PageParameters, ListedKeyRow>(
    `SELECT r.position, ${KEY_COLUMNS}, ${VERSION_COLUMNS}
     FROM (SELECT * FROM key_record WHERE keystore = (SELECT position FROM keystore WHERE id = ?) AND position > ?
           ORDER BY position LIMIT ?) r
       JOIN key_version v ON v.key = r.position
     ORDER BY r.position, v.version`,
  ),
});
