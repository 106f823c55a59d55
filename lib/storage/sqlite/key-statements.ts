import type {DueKey} from '../key-record-store.ts';
import type {SqliteConnection} from './connection.ts';
import {KEY_COLUMNS} from './key-row.ts';
import {VERSION_COLUMNS} from './key-version-row.ts';
import {type KeyRow, VERSIONS_AT_ONCE} from './whole-keys.ts';

type PageParameters = [keystoreId: string, position: number, rows: number];
/** `ids`: a JSON array of ids of data key versions. */
type SealedUnder = [{readonly keystoreId: string; readonly ids: string}];

// Variables are bound only in subqueries over unique keys: bound elsewhere, each new value of them would make this
// build of SQLite (STAT4) plan the statement anew, which takes longer than running it (docs/adr/0003).
const readStatements = (connection: SqliteConnection) => ({
  find: connection.prepare<[keystoreId: string, localKeyId: string, versions: number], KeyRow>(
    `SELECT r.position, ${KEY_COLUMNS}, ${VERSION_COLUMNS}
     FROM key_record r JOIN key_version v ON v.key = r.position
     WHERE r.position = (SELECT position FROM key_record
       WHERE keystore = (SELECT position FROM keystore WHERE id = ?) AND local_id = ?)
     ORDER BY v.version LIMIT ?`,
  ),
  findNamed: connection.prepare<[keystoreId: string, name: string, versions: number], KeyRow>(
    `SELECT r.position, ${KEY_COLUMNS}, ${VERSION_COLUMNS}
     FROM key_record r JOIN key_version v ON v.key = r.position
     WHERE r.position = (SELECT position FROM key_record
       WHERE keystore = (SELECT position FROM keystore WHERE id = ?) AND name = ?)
     ORDER BY v.version LIMIT ?`,
  ),
  // Of a key of many versions the first: it is read by itself then.
  page: connection.prepare<PageParameters, KeyRow>(
    `SELECT r.position, ${KEY_COLUMNS}, ${VERSION_COLUMNS}
     FROM (SELECT * FROM key_record WHERE keystore = (SELECT position FROM keystore WHERE id = ?) AND position > ?
           AND state <> 'deleted' ORDER BY position LIMIT ?) r
       JOIN key_version v ON v.key = r.position AND v.version <= ${VERSIONS_AT_ONCE}
     ORDER BY r.position, v.version`,
  ),
  pageOfIds: connection.prepare<PageParameters, {position: number; localKeyId: string}>(
    `SELECT position, local_id AS localKeyId FROM key_record
     WHERE keystore = (SELECT position FROM keystore WHERE id = ?) AND position > ? ORDER BY position LIMIT ?`,
  ),
});

/** In order of `due_at` and then of creation; the key that `after` names stands for its place, wherever it is now. */
const dueStatements = (connection: SqliteConnection) => ({
  due: connection.prepare<
    [{readonly at: number; readonly dueAt: number; readonly position: number; readonly limit: number}],
    DueKey
  >(
    `SELECT k.id AS keystoreId, r.local_id AS localKeyId, r.due_at AS dueAt
     FROM key_record r CROSS JOIN keystore k ON k.position = r.keystore
     WHERE r.due_at <= @at AND (r.due_at, r.position) > (@dueAt, @position) ORDER BY r.due_at, r.position LIMIT @limit`,
  ),
  positionOf: connection
    .prepare<[keystoreId: string, localKeyId: string], number>(
      `SELECT position FROM key_record
       WHERE keystore = (SELECT position FROM keystore WHERE id = ?) AND local_id = ?`,
    )
    .pluck(),
});

/** Those of the given data key versions that are of the keystore's own scope: nothing else seals anything in it. */
const OF_SCOPE = `SELECT v.position FROM json_each(@ids) j
  CROSS JOIN data_key_version v ON v.id = j.value
  CROSS JOIN data_key d ON d.position = v.data_key
  CROSS JOIN root_key k ON k.position = d.root_key AND k.scope = @keystoreId`;
const SEALED = `SELECT key FROM key_version WHERE data_key_version IN (${OF_SCOPE})`;
const AUTHENTICATED = `SELECT position FROM key_record WHERE mac_key_version IN (${OF_SCOPE})`;

const sealedUnderStatements = (connection: SqliteConnection) => ({
  sealedUnder: connection
    .prepare<[SealedUnder[0] & {readonly limit: number}], number>(
      `SELECT DISTINCT key FROM (${SEALED}) LIMIT @limit`,
    )
    .pluck(),
  authenticatedUnder: connection
    .prepare<[SealedUnder[0] & {readonly limit: number}], number>(`${AUTHENTICATED} LIMIT @limit`)
    .pluck(),
  countUnder: connection
    .prepare<SealedUnder, number>(
      `SELECT count(*) FROM key_record WHERE position IN (${SEALED}) OR mac_key_version IN (${OF_SCOPE})`,
    )
    .pluck(),
  findAt: connection.prepare<[position: number, versions: number], KeyRow>(
    `SELECT r.position, ${KEY_COLUMNS}, ${VERSION_COLUMNS}
     FROM key_record r JOIN key_version v ON v.key = r.position WHERE r.position = ? ORDER BY v.version LIMIT ?`,
  ),
});

/** Everything that SqliteKeyRecordStore asks of the database. */
export const keyStatements = (connection: SqliteConnection) => ({
  ...readStatements(connection),
  ...dueStatements(connection),
  ...sealedUnderStatements(connection),
});
