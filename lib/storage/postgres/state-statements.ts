import {KEY_COLUMNS, KEYSTORE_COLUMNS, VERSION_COLUMNS} from './key-columns-sql.ts';
import {statement} from './statement.ts';

export const READ_KEYSTORE = statement(`SELECT ${KEYSTORE_COLUMNS},
    EXISTS (SELECT 1 FROM revocation x WHERE x.keystore = k.position AND x.identity = ANY ($2)) AS revoked
  FROM keystore k WHERE k.id = $1`);

/** A row for each version of the key; one where there is no such key. */
export const READ_WITH_KEY = statement(`SELECT ${KEYSTORE_COLUMNS},
    CASE WHEN v.version > 1 THEN false ELSE
      EXISTS (SELECT 1 FROM revocation x WHERE x.keystore = k.position AND x.identity = ANY ($2)) END AS revoked,
    ${KEY_COLUMNS}, ${VERSION_COLUMNS}
  FROM keystore k
    LEFT JOIN key_record r ON r.keystore = k.position AND r.local_id = $3
    LEFT JOIN key_version v ON v.key = r.position
  WHERE k.id = $1 ORDER BY v.version`);
