import {NotFoundError, QuotaExceededError} from '../../errors.ts';
import type {Page} from '../keystore-config-store.ts';
import type {Revocation, RevocationStore} from '../revocation-store.ts';
import type {SqliteConnection} from './connection.ts';
import {parseCursor, REVOCATION_LIST, rowsForPage, toPage} from '../cursor.ts';
import {revocationStatements} from './revocation-statements.ts';

export class SqliteRevocationStore implements RevocationStore {
  readonly #connection: SqliteConnection;
  readonly #sql: ReturnType<typeof revocationStatements>;

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
    this.#sql = revocationStatements(connection);
  }

  /** @throws NotFoundError, besides what the interface says, where the keystore does not exist (any more). */
  insert(
    {keystoreId, ...revocation}: Revocation,
    {charge}: Parameters<RevocationStore['insert']>[1],
  ): Promise<void> {
    return this.#connection.write(() => {
      const keystore = this.#sql.findKeystore.get(keystoreId);
      if (keystore === undefined) throw new NotFoundError('The keystore does not exist.');
      const {delegator, capabilityId, expiresAt} = revocation;
      this.#sql.deleteShorter.run(keystore, delegator, capabilityId, expiresAt);
      this.#sql.insert.run({...revocation, keystore, chargedTo: charge?.to ?? null});
      if (charge === undefined) return;
      if ((this.#sql.countOfCharged.get(keystore, charge.to) ?? 0) > charge.max) {
        throw new QuotaExceededError('The quota of revocations in this keystore is used up.');
      }
    });
  }

  isAnyRevoked(...[keystoreId, keys]: Parameters<RevocationStore['isAnyRevoked']>): Promise<boolean> {
    return this.#connection.run(() => {
      if (keys.length === 0) return false;
      const keystore = this.#sql.findKeystore.get(keystoreId);
      if (keystore === undefined) return false;
      return keys.some(
        ({delegator, capabilityId}) => this.#sql.find.get(keystore, delegator, capabilityId) !== undefined,
      );
    });
  }

  list({keystoreId, limit, cursor}: Parameters<RevocationStore['list']>[0]): Promise<Page<Revocation>> {
    return this.#connection.run(() => {
      const {position} = parseCursor(REVOCATION_LIST, cursor);
      return toPage(REVOCATION_LIST, this.#sql.page.all(keystoreId, position, rowsForPage(limit)), {
        limit,
        toPlace: (row) => ({group: 0, position: row.position}),
        toResult: ({delegator, capabilityId, expiresAt, revoker, revokedAt}) => ({
          ...{keystoreId, delegator, capabilityId, expiresAt, revoker, revokedAt},
        }),
      });
    });
  }

  deleteExpired({before, limit}: {readonly before: number; readonly limit: number}): Promise<number> {
    return this.#connection.run(() => this.#sql.deleteExpired.run(before, limit).changes);
  }
}
