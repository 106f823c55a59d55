import {statement} from './statement.ts';

export const INSERT = statement(`INSERT INTO revocation
    (keystore, delegator, capability_id, identity, expires_at, revoker, revoked_at, charged_to)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`);

export const DELETE_SHORTER = statement(
  'DELETE FROM revocation WHERE keystore = $1 AND identity = $2 AND expires_at < $3',
);

export const COUNT_CHARGED = statement(
  'SELECT count(*) AS charged FROM revocation WHERE keystore = $1 AND charged_to = $2',
);

const KEYSTORE = '(SELECT position FROM keystore WHERE id = $1)';

export const FIND_ANY = statement(`SELECT EXISTS (SELECT 1 FROM revocation
  WHERE keystore = ${KEYSTORE} AND identity = ANY ($2)) AS revoked`);

/** In the form that only the index of keystore and position serves: see key-statements.ts. */
export const PAGE = statement(`SELECT r.position, r.delegator, r.capability_id AS "capabilityId",
    r.expires_at AS "expiresAt", r.revoker, r.revoked_at AS "revokedAt"
  FROM revocation r WHERE (r.keystore, r.position) > (${KEYSTORE}, $2) AND r.keystore <= ${KEYSTORE}
  ORDER BY r.keystore, r.position LIMIT $3`);

export const DELETE_EXPIRED = statement(`DELETE FROM revocation WHERE position IN
  (SELECT position FROM revocation WHERE expires_at < $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED)`);
