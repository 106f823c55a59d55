import type {TransferKind} from '../store-transfer.ts';
import {KEYSTORE_COLUMNS} from './key-columns-sql.ts';
import {statement} from './statement.ts';

export const KEYSTORES = statement(`SELECT k.position, k.creator, ${KEYSTORE_COLUMNS},
    (SELECT json_agg(c.controller ORDER BY c.controller)::text FROM keystore_controller c
     WHERE c.keystore = k.position AND c.named_by_others = 0) AS acknowledged
  FROM keystore k WHERE k.position > $1 ORDER BY k.position LIMIT $2`);

export const USES = statement(
  'SELECT key, version, uses FROM key_use WHERE key = ANY ($1::bigint[]) ORDER BY key, version',
);

export const REVOCATIONS = statement(`SELECT r.keystore, r.position,
    (SELECT id FROM keystore WHERE position = r.keystore) AS "keystoreId", r.delegator,
    r.capability_id AS "capabilityId", r.expires_at AS "expiresAt", r.revoker, r.revoked_at AS "revokedAt",
    r.charged_to AS "chargedTo"
  FROM revocation r WHERE (r.keystore, r.position) > ($1, $2) ORDER BY r.keystore, r.position LIMIT $3`);

export const REPLAYS = statement(
  'SELECT digest, expires_at AS "expiresAt" FROM replay WHERE digest > $1 ORDER BY digest LIMIT $2',
);

export const JOBS =
  statement(`SELECT position, id, steps, scope, created_at, rotate_before, progress, finished_at, failure
  FROM maintenance_job WHERE position > $1 ORDER BY position LIMIT $2`);

const count = (from: string) => statement(`SELECT count(*) AS count FROM ${from}`);

export const COUNTS: Readonly<Record<TransferKind, ReturnType<typeof count>>> = {
  rootWrapper: count('root_wrapper'),
  scope: count('root_key'),
  sealer: count('root_wrapper WHERE sealer IS NOT NULL'),
  keystore: count('keystore'),
  key: count('key_record'),
  revocation: count('revocation'),
  replay: count('replay'),
  job: count('maintenance_job'),
};

export const LEASES = statement(
  'SELECT name, holder, expires_at AS "expiresAt" FROM lease WHERE expires_at > $1 ORDER BY name',
);

const MARK = 'SELECT state, move_id AS "moveId", other, since, progress FROM store_mark WHERE id = 1';
export const FIND_MARK = statement(MARK);
/** It stays until the transaction ends. */
export const HOLD_MARK = statement(`${MARK} FOR SHARE`);
/** Of who changes marks, there being none to lock. */
export const LOCK_MARK = statement('SELECT pg_advisory_xact_lock($1)');
export const DELETE_MARK = statement('DELETE FROM store_mark WHERE id = 1');
export const INSERT_MARK = statement(`INSERT INTO store_mark (id, state, move_id, other, since, progress)
  VALUES (1, $1, $2, $3, $4, $5)`);

/** Those that are there, locked in their order as by all who write in them. */
export const LOCK_KEYSTORES = statement(
  'SELECT id, position FROM keystore WHERE id = ANY ($1) ORDER BY position FOR NO KEY UPDATE',
);
/** Nothing where the data key version is not there. */
export const PUT_KEYSTORE = statement(`INSERT INTO keystore
    (id, sequence, controller, controllers, kms_module, meter_id, ip_allow_list, mac, mac_key_version, creator)
  SELECT $1, $2, $3, $4, $5, $6, $7, $8, d.position, $10 FROM data_key_version d WHERE d.id = $9
  RETURNING position`);

export const FIND_KEYS = statement(`SELECT r.keystore, r.local_id AS "localKeyId"
  FROM unnest($1::bigint[], $2::text[]) n (keystore, local_id)
    JOIN key_record r ON r.keystore = n.keystore AND r.local_id = n.local_id`);
export const PUT_USES = statement(`INSERT INTO key_use (key, version, uses)
  SELECT n.key, n.version, n.uses FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) n (key, version, uses)`);

/** Each value is a list, of one of each revocation, in order of insertion. */
export const PUT_REVOCATIONS = statement(`INSERT INTO revocation
    (keystore, delegator, capability_id, identity, expires_at, revoker, revoked_at, charged_to)
  SELECT keystore, delegator, capability_id, identity, expires_at, revoker, revoked_at, charged_to
  FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bytea[], $5::bigint[], $6::text[], $7::bigint[], $8::text[])
    WITH ORDINALITY n (keystore, delegator, capability_id, identity, expires_at, revoker, revoked_at, charged_to, ordinal)
  ORDER BY ordinal ON CONFLICT (keystore, identity) DO NOTHING`);

export const PUT_REPLAYS = statement(`INSERT INTO replay (digest, expires_at)
  SELECT digest, expires_at FROM unnest($1::bytea[], $2::bigint[]) n (digest, expires_at)
  ON CONFLICT (digest) DO NOTHING`);

export const PUT_JOB = statement(`INSERT INTO maintenance_job
    (id, steps, scope, created_at, rotate_before, progress, finished_at, failure)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING`);
