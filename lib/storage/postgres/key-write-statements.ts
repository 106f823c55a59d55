import {statement} from './statement.ts';

/** A key that is there, and how many versions it has. */
export const FIND_PLACE = statement(`SELECT r.position, r.sequence,
    (SELECT count(*) FROM key_version WHERE key = r.position) AS versions
  FROM key_record r WHERE r.keystore = $1 AND r.local_id = $2`);
export const FIND_NAMED = statement('SELECT position FROM key_record WHERE keystore = $1 AND name = $2');
/**
 * `newest`: the last place that was given to a key of any keystore. `keys`: how many the keystore $1 has; NULL, without
 * counting, where $2 was the newest when it had $3, and so it has fewer than $4 now.
 */
export const COUNT_KEPT =
  statement(`WITH given AS (SELECT coalesce(max(position), 0) AS newest FROM key_record)
  SELECT newest, CASE WHEN newest >= $2 AND $3 + newest - $2 < $4 THEN NULL
    ELSE (SELECT count(*) FROM key_record WHERE keystore = $1 AND state <> 'deleted') END AS keys FROM given`);

/** What is given of a key, in the order of its values after its place. */
const MEMBERS = `local_id text, sequence bigint, type text, created_at bigint, updated_at bigint, origin text,
  state text, deletion_requested_at bigint, destroy_at bigint, restores_to text, key_ops text, tags text, policy text,
  description text, due_at bigint, max_capability_chain_length bigint, public_alias text, public_alias_template text,
  name text, mac bytea, mac_key_version bigint`
  .split(',')
  .map((member) => {
    const [column = '', type = ''] = member.trim().split(' ');
    return {column, type};
  });
const COLUMNS = MEMBERS.map(({column}) => column);
const PLACEHOLDERS = MEMBERS.map((_, index) => `$${index + 2}`);
const given = (column: string): string => `$${COLUMNS.indexOf(column) + 2}`;

/** $1: the keystore's position. */
export const INSERT = statement(`INSERT INTO key_record (keystore, ${COLUMNS.join(', ')})
  VALUES ($1, ${PLACEHOLDERS.join(', ')}) RETURNING position`);

/** Each value is a list, of one of each key, in order of creation. $1: positions of their keystores. */
export const INSERT_ALL = statement(`INSERT INTO key_record (keystore, ${COLUMNS.join(', ')})
  SELECT n.keystore, ${COLUMNS.map((column) => `n.${column}`).join(', ')}
  FROM unnest($1::bigint[], ${MEMBERS.map(({type}, index) => `$${index + 2}::${type}[]`).join(', ')})
    WITH ORDINALITY n (keystore, ${COLUMNS.join(', ')}, ordinal)
  ORDER BY n.ordinal RETURNING keystore, local_id AS "localKeyId", position`);
/** What may not change is compared, not written. */
const COMPARED = ['local_id', 'type', 'created_at', 'origin'];
const COMPARED_NULLABLE = ['key_ops'];
const CHANGED = COLUMNS.filter((column) => ![...COMPARED, ...COMPARED_NULLABLE].includes(column));

/** $1: the key's position. */
export const UPDATE = statement(`UPDATE key_record SET
    ${CHANGED.map((column) => `${column} = ${given(column)}`).join(', ')}
  WHERE position = $1 AND ${COMPARED.map((column) => `${column} = ${given(column)}`).join(' AND ')}
    AND ${COMPARED_NULLABLE.map((column) => `${column} IS NOT DISTINCT FROM ${given(column)}`).join(' AND ')}`);

/** Of a record that says the same as before, but for what it is sealed and authenticated under. */
const RESEALED = ['sequence', 'mac', 'mac_key_version'];
const SAME = COLUMNS.filter((column) => !RESEALED.includes(column));

/** Each value is a list, of one of each key. $1: positions of the keys. */
export const REPLACE = statement(`UPDATE key_record r SET
    ${RESEALED.map((column) => `${column} = n.${column}`).join(', ')}
  FROM unnest($1::bigint[], ${MEMBERS.map(({type}, index) => `$${index + 2}::${type}[]`).join(', ')})
    n (position, ${COLUMNS.join(', ')})
  WHERE r.position = n.position
    AND ${SAME.map((column) => `r.${column} IS NOT DISTINCT FROM n.${column}`).join(' AND ')}`);

/** Each value is a list, of one of each version. $1: positions of their keys. */
const VERSIONS = `unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::bytea[], $6::bytea[], $7::bigint[],
  $8::text[]) n (key, version, created_at, state, public_key, material, data_key_version, certificates)`;

export const INSERT_VERSIONS = statement(`INSERT INTO key_version
    (key, version, created_at, state, public_key, material, data_key_version, certificates)
  SELECT n.* FROM ${VERSIONS} ORDER BY n.key, n.version`);

/** `matched`: how many of the given versions are there, and are what they are. Only what differs is written. */
export const UPDATE_VERSIONS = statement(`WITH n AS (SELECT * FROM ${VERSIONS}),
  changed AS (
    UPDATE key_version v SET state = n.state, material = n.material, data_key_version = n.data_key_version,
      certificates = n.certificates
    FROM n WHERE v.key = n.key AND v.version = n.version
      AND (v.state, v.material, v.data_key_version, v.certificates)
        IS DISTINCT FROM (n.state, n.material, n.data_key_version, n.certificates))
  SELECT count(*) AS matched FROM n JOIN key_version v ON v.key = n.key AND v.version = n.version
    AND v.created_at = n.created_at AND v.public_key IS NOT DISTINCT FROM n.public_key`);

/** As UPDATE_VERSIONS, of versions that say the same as before, but for how they are sealed. */
export const REPLACE_VERSIONS = statement(`WITH n AS (SELECT * FROM ${VERSIONS}),
  changed AS (
    UPDATE key_version v SET material = n.material, data_key_version = n.data_key_version
    FROM n WHERE v.key = n.key AND v.version = n.version
      AND (v.material, v.data_key_version) IS DISTINCT FROM (n.material, n.data_key_version))
  SELECT count(*) AS matched FROM n JOIN key_version v ON v.key = n.key AND v.version = n.version
    AND v.created_at = n.created_at AND v.public_key IS NOT DISTINCT FROM n.public_key
    AND v.state = n.state AND v.certificates IS NOT DISTINCT FROM n.certificates`);

/** In one order, so that two who lock several do not wait for each other. */
export const LOCK_KEYSTORES = statement(
  'SELECT position, id FROM keystore WHERE id = ANY ($1) ORDER BY position FOR NO KEY UPDATE',
);
/** The keys $2 of the keystores $1, by the places in these lists. */
export const FIND_PLACES = statement(`SELECT n.place, r.position, r.sequence,
    (SELECT count(*) FROM key_version WHERE key = r.position) AS versions
  FROM unnest($1::text[], $2::text[]) WITH ORDINALITY n (keystore, local_id, place)
    JOIN keystore k ON k.id = n.keystore
    JOIN key_record r ON r.keystore = k.position AND r.local_id = n.local_id`);
