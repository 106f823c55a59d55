import {statement} from './statement.ts';

/** A scope's versions as JSON: `bytea` in hex, since JSON has no bytes. One statement, so of one moment. */
const FIND = `SELECT k.id AS root_key_id,
  (SELECT json_agg(json_build_array(v.id, v.version, v.created_at, w.id, encode(s.blob, 'hex'))
      ORDER BY v.version, s.root_wrapper)
    FROM root_key_version v
      JOIN sealed_root_key_version s ON s.root_key_version = v.position
      JOIN root_wrapper w ON w.position = s.root_wrapper
    WHERE v.root_key = k.position) AS root_key_versions,
  (SELECT json_agg(json_build_array(d.id, d.purpose, v.id, v.version, v.created_at, r.id, encode(v.blob, 'hex'))
      ORDER BY d.purpose, v.version)
    FROM data_key d
      JOIN data_key_version v ON v.data_key = d.position
      JOIN root_key_version r ON r.position = v.root_key_version
    WHERE d.root_key = k.position) AS data_key_versions
  FROM root_key k WHERE k.scope = $1`;

/** Statements about scopes and their keys. Lists are given, and written, in order. */
export const SCOPE_SQL = {
  find: statement(FIND),
  list: statement('SELECT position, scope FROM root_key WHERE position > $1 ORDER BY position LIMIT $2'),
  // Who adds to a scope does so alone. Whoever only names it, or one of its keys, does not wait.
  lock: statement('SELECT position FROM root_key WHERE scope = $1 FOR NO KEY UPDATE'),
  insertRootKey: statement('INSERT INTO root_key (id, scope) VALUES ($1, $2) RETURNING position'),
  insertRootKeyVersion: statement(
    'INSERT INTO root_key_version (root_key, id, version, created_at) VALUES ($1, $2, $3, $4) RETURNING position',
  ),
  insertDataKeys: statement(
    `INSERT INTO data_key (root_key, id, purpose)
     SELECT $1, id, purpose FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS given (id, purpose, ordinal)
     ORDER BY ordinal RETURNING id, position`,
  ),
  findDataKeys: statement('SELECT id, position FROM data_key WHERE root_key = $1 AND id = ANY ($2::text[])'),
  // They stay until the transaction ends; one that is just being deleted is waited for, and not found then.
  findRootKeyVersions: statement(
    `SELECT id, position FROM root_key_version WHERE root_key = $1 AND id = ANY ($2::text[])
     ORDER BY position FOR KEY SHARE`,
  ),
  insertDataKeyVersions: statement(
    `INSERT INTO data_key_version (id, data_key, version, created_at, root_key_version, blob)
     SELECT id, data_key, version, created_at, root_key_version, blob
     FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bytea[])
       WITH ORDINALITY AS given (id, data_key, version, created_at, root_key_version, blob, ordinal)
     ORDER BY ordinal`,
  ),
  lockReplaced: statement(
    `SELECT v.id, v.position FROM unnest($2::text[], $3::bytea[]) AS given (id, blob)
       JOIN data_key_version v ON v.id = given.id AND v.blob = given.blob
       JOIN data_key d ON d.position = v.data_key
     WHERE d.root_key = $1 ORDER BY v.position FOR NO KEY UPDATE OF v`,
  ),
  reseal: statement(
    `UPDATE data_key_version v SET root_key_version = given.root_key_version, blob = given.blob
     FROM unnest($1::bigint[], $2::bigint[], $3::bytea[]) AS given (position, root_key_version, blob)
     WHERE v.position = given.position`,
  ),
  delete: statement('DELETE FROM root_key WHERE scope = $1'),
  deleteDataKeyVersion: statement('DELETE FROM data_key_version WHERE id = $1'),
  deleteRootKeyVersion: statement('DELETE FROM root_key_version WHERE id = $1'),
  // A deletion looks at the rows that refer to what it deletes: where all of these are just being deleted, from the
  // keystore on downwards, it waits before it has locked anything.
  holdKeystore: statement('SELECT position FROM keystore WHERE id = $1 FOR KEY SHARE'),
  holdKeystoreOfDataKeyVersion: statement(
    `SELECT position FROM keystore WHERE id = (
       SELECT k.scope FROM data_key_version v
         JOIN data_key d ON d.position = v.data_key
         JOIN root_key k ON k.position = d.root_key
       WHERE v.id = $1) FOR KEY SHARE`,
  ),
  holdScopeOfRootKeyVersion: statement(
    `SELECT position FROM root_key WHERE position = (
       SELECT root_key FROM root_key_version WHERE id = $1) FOR KEY SHARE`,
  ),
  // References that are checked when the transaction commits are so now.
  checkReferences: statement('SET CONSTRAINTS ALL IMMEDIATE'),
  collectionVersion: statement('SELECT collection_version FROM hierarchy_state WHERE id = 1'),
} as const;
