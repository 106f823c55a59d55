import {ROOTS_LOCK} from './migrations/0001-roots-lock.ts';
import {statement} from './statement.ts';

/**
 * Statements about root wrappers, and what is sealed under them. Locks are taken in this order, so that nobody waits for
 * who waits for him: the keystore's row; its keys' rows; the set of root wrappers (exclusive by what changes it, shared by
 * what relies on it); a scope's row of root_key; its other rows, by position; at the commit, the row of hierarchy_state.
 * What decides is read by a statement after the one that locked: it sees what was committed when it had to wait no more.
 */
export const ROOT_WRAPPER_SQL = {
  lockRoots: statement(`SELECT pg_advisory_xact_lock(${ROOTS_LOCK})`),
  lockRootsShared: statement(`SELECT pg_advisory_xact_lock_shared(${ROOTS_LOCK})`),
  list: statement(
    `SELECT w.id, uri, wrapper_key_id, parameters, w.created_at, state, sealer, v.id AS sealer_key_version_id
     FROM root_wrapper w LEFT JOIN data_key_version v ON v.position = sealer_key_version
     ORDER BY w.position`,
  ),
  listInUse: statement(
    `SELECT id, position FROM root_wrapper WHERE state IN ('adding', 'active') ORDER BY position`,
  ),
  find: statement('SELECT position, state FROM root_wrapper WHERE id = $1'),
  // Two that delete what is sealed under it do so one after the other.
  findToUnseal: statement('SELECT position, state FROM root_wrapper WHERE id = $1 FOR NO KEY UPDATE'),
  insertFirst: statement(
    `INSERT INTO root_wrapper (id, uri, wrapper_key_id, parameters, created_at, state, sealer, sealer_key_version)
     SELECT $1, $2, $3, $4, $5, $6, $7, $8 WHERE NOT EXISTS (SELECT 1 FROM root_wrapper)`,
  ),
  insert: statement(
    `INSERT INTO root_wrapper (id, uri, wrapper_key_id, parameters, created_at, state, sealer, sealer_key_version)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
  ),
  // What is null stays as it is.
  update: statement(
    `UPDATE root_wrapper SET state = $2, uri = coalesce($3, uri), sealer = coalesce($4, sealer),
       sealer_key_version = coalesce($5, sealer_key_version)
     WHERE position = $1`,
  ),
  delete: statement('DELETE FROM root_wrapper WHERE id = $1'),
  // A subquery for each row, by the primary key: as a join it might be of all rows.
  listLacking: statement(
    `SELECT v.position, k.scope FROM root_key_version v JOIN root_key k ON k.position = v.root_key
     WHERE v.position >= $2 AND (
       SELECT s.root_wrapper FROM sealed_root_key_version s WHERE s.root_key_version = v.position AND s.root_wrapper = $1
     ) IS NULL
     ORDER BY v.position LIMIT $3`,
  ),
  countSealed: statement(
    `SELECT (SELECT count(*) FROM sealed_root_key_version s
         WHERE s.root_wrapper = (SELECT position FROM root_wrapper WHERE id = $1)) AS sealed,
       (SELECT count(*) FROM root_key_version) AS total`,
  ),
  // Their scopes stay, too: who deletes one has locked it first.
  lockRootKeyVersions: statement(
    `SELECT v.position, v.id FROM root_key_version v JOIN root_key k ON k.position = v.root_key
     WHERE v.id = ANY ($1::text[]) ORDER BY v.position FOR KEY SHARE OF k, v`,
  ),
  insertSealed: statement(
    `INSERT INTO sealed_root_key_version (root_key_version, root_wrapper, blob)
     SELECT position, root_wrapper, blob FROM unnest($1::bigint[], $2::bigint[], $3::bytea[])
       WITH ORDINALITY AS given (position, root_wrapper, blob, ordinal) ORDER BY ordinal
     ON CONFLICT DO NOTHING`,
  ),
  // In order of position, as they go with their root key versions when a scope is deleted.
  deleteSealed: statement(
    `DELETE FROM sealed_root_key_version WHERE root_wrapper = $1 AND root_key_version = ANY (ARRAY(
       SELECT root_key_version FROM sealed_root_key_version WHERE root_wrapper = $1
       ORDER BY root_key_version LIMIT $2 FOR UPDATE))`,
  ),
} as const;
