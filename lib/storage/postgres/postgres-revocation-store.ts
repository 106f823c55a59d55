import {NotFoundError, QuotaExceededError} from '../../errors.ts';
import {parseCursor, REVOCATION_LIST, rowsForPage, toPage} from '../cursor.ts';
import type {Page} from '../keystore-config-store.ts';
import type {Revocation, RevocationStore} from '../revocation-store.ts';
import {LOCK_KEYSTORE} from './keystore-statements.ts';
import type {PostgresConnection} from './postgres-connection.ts';
import {revocationIdentity} from './revocation-identity.ts';
import {integer, type Row, text} from './row.ts';
import {statement} from './statement.ts';
import {withStoreErrors} from './with-store-errors.ts';

const INSERT = statement(`INSERT INTO revocation
    (keystore, delegator, capability_id, identity, expires_at, revoker, revoked_at, charged_to)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`);
const COUNT_CHARGED = statement(
  'SELECT count(*) AS charged FROM revocation WHERE keystore = $1 AND charged_to = $2',
);
const FIND_ANY = statement(`SELECT EXISTS (SELECT 1 FROM revocation
  WHERE keystore = (SELECT position FROM keystore WHERE id = $1) AND identity = ANY ($2)) AS revoked`);
const PAGE = statement(`SELECT r.position, r.delegator, r.capability_id AS "capabilityId",
    r.expires_at AS "expiresAt", r.revoker, r.revoked_at AS "revokedAt"
  FROM revocation r WHERE r.keystore = (SELECT position FROM keystore WHERE id = $1) AND r.position > $2
  ORDER BY r.position LIMIT $3`);
const DELETE_EXPIRED = statement(`DELETE FROM revocation WHERE position IN
  (SELECT position FROM revocation WHERE expires_at < $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED)`);

const toRevocation = (keystoreId: string, row: Row): Revocation => ({
  keystoreId,
  delegator: text(row, 'delegator'),
  capabilityId: text(row, 'capabilityId'),
  expiresAt: integer(row, 'expiresAt'),
  revoker: text(row, 'revoker'),
  revokedAt: integer(row, 'revokedAt'),
});

export class PostgresRevocationStore implements RevocationStore {
  readonly #connection: PostgresConnection;

  constructor(connection: PostgresConnection) {
    this.#connection = connection;
  }

  /** @throws NotFoundError, besides what the interface says, where the keystore does not exist (any more). */
  insert(...[revocation, {charge}]: Parameters<RevocationStore['insert']>): Promise<void> {
    const {keystoreId, delegator, capabilityId, expiresAt, revoker, revokedAt} = revocation;
    const identity = revocationIdentity(revocation);
    return this.#connection.write(async (tx) => {
      const [keystore] = await tx.query(LOCK_KEYSTORE, [keystoreId]);
      if (!keystore) throw new NotFoundError('The keystore does not exist.');
      const position = integer(keystore, 'position');
      const members = [delegator, capabilityId, identity, expiresAt, revoker, revokedAt];
      await tx.execute(INSERT, [position, ...members, charge?.to ?? null]);
      if (charge === undefined) return;
      const [count = {}] = await tx.query(COUNT_CHARGED, [position, charge.to]);
      if (integer(count, 'charged') > charge.max) {
        throw new QuotaExceededError('The quota of revocations in this keystore is used up.');
      }
    });
  }

  async isAnyRevoked(...[keystoreId, keys]: Parameters<RevocationStore['isAnyRevoked']>): Promise<boolean> {
    const [row] = await this.#connection.query(FIND_ANY, [keystoreId, keys.map(revocationIdentity)]);
    // What is not false is believed to be a revocation.
    return row?.['revoked'] !== false;
  }

  list({keystoreId, limit, cursor}: Parameters<RevocationStore['list']>[0]): Promise<Page<Revocation>> {
    return withStoreErrors(async () => {
      const {position} = parseCursor(REVOCATION_LIST, cursor);
      const rows = await this.#connection.query(PAGE, [keystoreId, position, rowsForPage(limit)]);
      return toPage(REVOCATION_LIST, rows, {
        limit,
        toPlace: (row) => ({group: 0, position: integer(row, 'position')}),
        toResult: (row) => toRevocation(keystoreId, row),
      });
    });
  }

  async deleteExpired({before, limit}: Parameters<RevocationStore['deleteExpired']>[0]): Promise<number> {
    return (await this.#connection.execute(DELETE_EXPIRED, [before, limit])).count;
  }
}
