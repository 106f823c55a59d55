import {KEY_COLUMNS, VERSION_COLUMNS} from './key-columns-sql.ts';
import {statement} from './statement.ts';

const KEYSTORE = '(SELECT position FROM keystore WHERE id = $1)';

/**
 * Those of the keystore after the position $2, in their order. Said so, only the index that has both in this order serves
 * it: with an equality the server may go through the keys of all keystores.
 */
const AFTER = `(keystore, position) > (${KEYSTORE}, $2) AND keystore <= ${KEYSTORE}`;
const IN_ORDER = 'ORDER BY keystore, position';

export const FIND = statement(`SELECT ${KEY_COLUMNS}, ${VERSION_COLUMNS}
  FROM key_record r JOIN key_version v ON v.key = r.position
  WHERE r.keystore = ${KEYSTORE} AND r.local_id = $2 ORDER BY v.version`);

export const FIND_NAMED = statement(`SELECT ${KEY_COLUMNS}, ${VERSION_COLUMNS}
  FROM key_record r JOIN key_version v ON v.key = r.position
  WHERE r.keystore = ${KEYSTORE} AND r.name = $2 ORDER BY v.version`);

/** Of a row whose members are all empty. */
const ROW_WEIGHT = 256;
const weightOf = (alias: string, ...columns: readonly string[]): string =>
  columns.map((column) => `coalesce(octet_length(${alias}.${column}), 0)`).join(' + ');
const RECORD_WEIGHT = weightOf('p', 'tags', 'policy', 'description', 'public_alias', 'public_alias_template');
const VERSION_WEIGHT = `${ROW_WEIGHT} + ${weightOf('w', 'public_key', 'material', 'certificates')}`;

/**
 * $3 records of those that `which` selects, in their order, as far as those before weigh no more than $4 in bytes, roughly:
 * however large keys are, a page of them fits into memory. One key is always read. `found`: how many there are, read or not.
 */
const pageOf = (which: string, columns: string): string => `WITH page AS (
    SELECT * FROM key_record WHERE ${which}
    ${IN_ORDER} LIMIT $3),
  weighed AS (
    SELECT p.keystore, p.position, ${RECORD_WEIGHT}
      + (SELECT coalesce(sum(${VERSION_WEIGHT}), 0) FROM key_version w WHERE w.key = p.position) AS weight
    FROM page p),
  placed AS (
    SELECT position, sum(weight) OVER (ORDER BY keystore, position) - weight AS before, count(*) OVER () AS found
    FROM weighed)
  SELECT r.position, placed.found, ${columns}${KEY_COLUMNS}, ${VERSION_COLUMNS}
  FROM placed JOIN key_record r ON r.position = placed.position JOIN key_version v ON v.key = r.position
  WHERE placed.before <= $4 ORDER BY r.keystore, r.position, v.version`;

/** The keystore's, after the position $2. */
export const PAGE = statement(pageOf(`${AFTER} AND state <> 'deleted'`, ''));

/** Of all keystores, tombstones too, after the position $2 of the keystore at $1. */
export const PAGE_OF_ALL = statement(
  pageOf(
    '(keystore, position) > ($1, $2)',
    'r.keystore, (SELECT id FROM keystore WHERE position = r.keystore) AS "keystoreId", ',
  ),
);

export const PAGE_OF_IDS = statement(`SELECT position, local_id AS "localKeyId" FROM key_record
  WHERE ${AFTER} ${IN_ORDER} LIMIT $3`);

/** In order of `due_at` and then of creation; the key that $3 and $4 name stands for its place, wherever it is now. */
export const DUE = statement(`SELECT k.id AS "keystoreId", r.local_id AS "localKeyId", r.due_at AS "dueAt"
  FROM key_record r JOIN keystore k ON k.position = r.keystore
  WHERE r.due_at <= $1 AND (r.due_at, r.position) > ($2, coalesce((SELECT position FROM key_record
      WHERE keystore = (SELECT position FROM keystore WHERE id = $3) AND local_id = $4), 0))
  ORDER BY r.due_at, r.position LIMIT $5`);

/** Those of the given data key versions that are of the keystore's own scope: nothing else seals anything in it. */
const OF_SCOPE = `ARRAY(SELECT v.position FROM data_key_version v
  JOIN data_key d ON d.position = v.data_key
  JOIN root_key k ON k.position = d.root_key AND k.scope = $1
  WHERE v.id = ANY ($2))`;
const SEALED = `SELECT key AS position FROM key_version WHERE data_key_version = ANY (${OF_SCOPE})`;
const AUTHENTICATED = `SELECT position FROM key_record WHERE mac_key_version = ANY (${OF_SCOPE})`;

export const SEALED_UNDER = statement(`WITH found AS (
    (SELECT DISTINCT position FROM (${SEALED}) sealed LIMIT $3) UNION (${AUTHENTICATED} LIMIT $3) LIMIT $3)
  SELECT r.position, ${KEY_COLUMNS}, ${VERSION_COLUMNS}
  FROM found JOIN key_record r ON r.position = found.position JOIN key_version v ON v.key = r.position
  ORDER BY r.position, v.version`);

export const COUNT_UNDER = statement(`SELECT count(*) AS keys FROM (${SEALED} UNION ${AUTHENTICATED}) found`);
