import {NotFoundError, QuotaExceededError} from '../../errors.ts';
import {parseCursor, REVOCATION_LIST, rowsForPage, toPage} from '../cursor.ts';
import type {Page} from '../keystore-config-store.ts';
import type {Revocation, RevocationStore} from '../revocation-store.ts';
import {LOCK_KEYSTORE} from './keystore-statements.ts';
import * as sql from './revocation-statements.ts';
import type {PostgresConnection} from './postgres-connection.ts';
import {revocationIdentity} from './revocation-identity.ts';
import {integer, type Row, text} from './row.ts';
import {withStoreErrors} from './with-store-errors.ts';

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
      await tx.execute(sql.DELETE_SHORTER, [position, identity, expiresAt]);
      await tx.execute(sql.INSERT, [position, ...members, charge?.to ?? null]);
      if (charge === undefined) return;
      const [count = {}] = await tx.query(sql.COUNT_CHARGED, [position, charge.to]);
      if (integer(count, 'charged') > charge.max) {
        throw new QuotaExceededError('The quota of revocations in this keystore is used up.');
      }
    });
  }

  async isAnyRevoked(...[keystoreId, keys]: Parameters<RevocationStore['isAnyRevoked']>): Promise<boolean> {
    const [row] = await this.#connection.query(sql.FIND_ANY, [keystoreId, keys.map(revocationIdentity)]);
    // What is not false is believed to be a revocation.
    return row?.['revoked'] !== false;
  }

  list({keystoreId, limit, cursor}: Parameters<RevocationStore['list']>[0]): Promise<Page<Revocation>> {
    return withStoreErrors(async () => {
      const {position} = parseCursor(REVOCATION_LIST, cursor);
      const rows = await this.#connection.query(sql.PAGE, [keystoreId, position, rowsForPage(limit)]);
      return toPage(REVOCATION_LIST, rows, {
        limit,
        toPlace: (row) => ({group: 0, position: integer(row, 'position')}),
        toResult: (row) => toRevocation(keystoreId, row),
      });
    });
  }

  async deleteExpired({before, limit}: Parameters<RevocationStore['deleteExpired']>[0]): Promise<number> {
    return (await this.#connection.execute(sql.DELETE_EXPIRED, [before, limit])).count;
  }
}
