import type {SqliteConnection} from './connection.ts';
import type {WrittenMac} from './data-key-version-lookup.ts';
import {
  type AuthenticatedKeyColumns,
  KEY_COLUMNS,
  type KeyColumns,
  type SealedVersionColumns,
  VERSION_COLUMNS,
  type VersionColumns,
} from './key-row.ts';

type PageParameters = [keystoreId: string, position: number, rows: number];
type VersionRow = VersionColumns & {readonly key: number | bigint; readonly dataKeyVersion: number | null};
/** `ids`: a JSON array of ids of data key versions. */
type SealedUnder = [{readonly keystoreId: string; readonly ids: string}];

export interface ListedKeyRow extends AuthenticatedKeyColumns, SealedVersionColumns {
  readonly position: number;
}

const writeStatements = (connection: SqliteConnection) => ({
  insert: connection.prepare<[KeyColumns & WrittenMac & {readonly keystore: number}]>(
    `INSERT INTO key_record (keystore, local_id, sequence, type, created_at,
       max_capability_chain_length, public_alias, public_alias_template, mac, mac_key_version)
     VALUES (@keystore, @localKeyId, @sequence, @type, @createdAt,
       @maxCapabilityChainLength, @publicAlias, @publicAliasTemplate, @mac, @macKeyVersion)`,
  ),
  insertVersion: connection.prepare<[VersionRow]>(
    `INSERT INTO key_version (key, version, created_at, public_key, material, data_key_version)
     VALUES (@key, @version, @versionCreatedAt, @publicKey, @material, @dataKeyVersion)`,
  ),
  findPlace: connection.prepare<
    [keystoreId: string, localKeyId: string],
    {position: number; sequence: number; versions: number}
  >(
    `SELECT position, sequence, (SELECT count(*) FROM key_version WHERE key = position) AS versions
     FROM key_record WHERE keystore = (SELECT position FROM keystore WHERE id = ?) AND local_id = ?`,
  ),
  // What may not change is compared, not written: SQLite would write the indexes anew that it is in.
  update: connection.prepare<[KeyColumns & WrittenMac & {readonly position: number}]>(
    `UPDATE key_record SET sequence = @sequence, max_capability_chain_length = @maxCapabilityChainLength,
       public_alias = @publicAlias, public_alias_template = @publicAliasTemplate,
       mac = @mac, mac_key_version = @macKeyVersion
     WHERE position = @position AND type = @type AND created_at = @createdAt AND local_id = @localKeyId`,
  ),
  updateVersion: connection.prepare<[VersionRow]>(
    `UPDATE key_version SET material = @material, data_key_version = @dataKeyVersion
     WHERE key = @key AND version = @version AND created_at = @versionCreatedAt AND public_key IS @publicKey`,
  ),
});

// Variables are bound only in subqueries over unique keys: bound elsewhere, each new value of them would make this
// build of SQLite (STAT4) plan the statement anew, which takes longer than running it (docs/adr/0003).
const readStatements = (connection: SqliteConnection) => ({
  findKeystore: connection
    .prepare<[id: string], number>('SELECT position FROM keystore WHERE id = ?')
    .pluck(),
  countOfKeystore: connection
    .prepare<[keystore: number], number>('SELECT count(*) FROM key_record WHERE keystore = ?')
    .pluck(),
  keystoreSequence: connection
    .prepare<[keystore: number], number>('SELECT sequence FROM keystore WHERE position = ?')
    .pluck(),
  find: connection.prepare<
    [keystoreId: string, localKeyId: string],
    AuthenticatedKeyColumns & SealedVersionColumns
  >(
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
  pageOfIds: connection.prepare<PageParameters, {position: number; localKeyId: string}>(
    `SELECT position, local_id AS localKeyId FROM key_record
     WHERE keystore = (SELECT position FROM keystore WHERE id = ?) AND position > ? ORDER BY position LIMIT ?`,
  ),
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
    .prepare<[SealedUnder[0] & {readonly limit: number}], number>(`${SEALED} LIMIT @limit`)
    .pluck(),
  authenticatedUnder: connection
    .prepare<[SealedUnder[0] & {readonly limit: number}], number>(`${AUTHENTICATED} LIMIT @limit`)
    .pluck(),
  countUnder: connection
    .prepare<SealedUnder, number>(
      `SELECT count(*) FROM key_record WHERE position IN (${SEALED}) OR mac_key_version IN (${OF_SCOPE})`,
    )
    .pluck(),
  findAt: connection.prepare<[position: number], AuthenticatedKeyColumns & SealedVersionColumns>(
    `SELECT ${KEY_COLUMNS}, ${VERSION_COLUMNS}
     FROM key_record r JOIN key_version v ON v.key = r.position WHERE r.position = ? ORDER BY v.version`,
  ),
});

/** Everything that SqliteKeyRecordStore asks of the database. */
export const keyStatements = (connection: SqliteConnection) => ({
  ...readStatements(connection),
  ...writeStatements(connection),
  ...sealedUnderStatements(connection),
});
