import {KEYSTORE_COLUMNS} from './key-columns-sql.ts';
import {statement} from './statement.ts';

/**
 * Who writes in a keystore locks it first, and so comes after all others that do. Rows that refer to it may be written
 * meanwhile.
 */
export const LOCK_KEYSTORE = statement(
  'SELECT position, sequence FROM keystore WHERE id = $1 FOR NO KEY UPDATE',
);

/** Of who creates keystores: quotas count by them. Held to the end of the transaction. */
export const LOCK_CREATOR = statement('SELECT pg_advisory_xact_lock($1)');

export const FIND = statement(`SELECT ${KEYSTORE_COLUMNS} FROM keystore k WHERE k.id = $1`);

/** Nothing where the data key version is not there; `created` counts those that were there before. */
export const INSERT = statement(`INSERT INTO keystore
    (id, sequence, controller, controllers, kms_module, meter_id, ip_allow_list, mac, mac_key_version, creator)
  SELECT $1, $2, $3, $4, $5, $6, $7, $8, d.position, $10 FROM data_key_version d WHERE d.id = $9
  RETURNING position, (SELECT count(*) FROM keystore WHERE creator = $10) AS created`);

export const LOCK_CONFIG = statement(`SELECT position, sequence, controller, controllers, creator, mac
  FROM keystore WHERE id = $1 FOR NO KEY UPDATE`);

/** Nothing where the data key version is not there. */
export const UPDATE = statement(`UPDATE keystore SET sequence = $2, controller = $3, controllers = $4,
    kms_module = $5, meter_id = $6, ip_allow_list = $7, mac = $8, mac_key_version = d.position
  FROM data_key_version d WHERE keystore.id = $1 AND d.id = $9`);

/** Nothing where the data key version is not there. */
export const REPLACE_AUTHENTICATION = statement(`UPDATE keystore SET mac = $2, mac_key_version = d.position
  FROM data_key_version d WHERE keystore.id = $1 AND d.id = $3`);

export const DELETE_CONTROLLERS = statement(
  'DELETE FROM keystore_controller WHERE keystore = $1 RETURNING controller, named_by_others AS "namedByOthers"',
);
export const INSERT_CONTROLLERS =
  statement(`INSERT INTO keystore_controller (controller, named_by_others, keystore)
  SELECT c.controller, c.named_by_others, $1 FROM unnest($2::text[], $3::integer[]) c (controller, named_by_others)`);

export const LOCK_FOR_DELETION = statement(
  'SELECT position, sequence FROM keystore WHERE id = $1 FOR UPDATE',
);
export const FIND_ANY_KEY = statement(
  `SELECT position FROM key_record WHERE keystore = $1 AND state <> 'deleted' LIMIT 1`,
);
export const DELETE_TOMBSTONES = statement('DELETE FROM key_record WHERE keystore = $1');
export const DELETE = statement('DELETE FROM keystore WHERE position = $1');

export const PAGE_OF_IDS = statement(
  'SELECT position, id FROM keystore WHERE position > $1 ORDER BY position LIMIT $2',
);
export const PAGE = statement(`SELECT ${KEYSTORE_COLUMNS}, k.position, c.named_by_others AS "namedByOthers"
  FROM (SELECT * FROM keystore_controller
        WHERE controller = $1 AND (named_by_others, keystore) > ($2, $3)
        ORDER BY named_by_others, keystore LIMIT $4) c
    JOIN keystore k ON k.position = c.keystore
  ORDER BY c.named_by_others, c.keystore`);
