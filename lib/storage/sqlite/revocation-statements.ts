import type {Revocation} from '../revocation-store.ts';
import type {SqliteConnection} from './connection.ts';

type RevocationColumns = Omit<Revocation, 'keystoreId'>;
type PageParameters = [keystoreId: string, position: number, rows: number];

/** Everything that SqliteRevocationStore asks of the database. */
export const revocationStatements = (connection: SqliteConnection) => ({
  findKeystore: connection
    .prepare<[id: string], number>('SELECT position FROM keystore WHERE id = ?')
    .pluck(),
  insert: connection.prepare<
    [RevocationColumns & {readonly keystore: number; readonly chargedTo: string | null}]
  >(
    `INSERT INTO revocation (keystore, delegator, capability_id, expires_at, revoker, revoked_at, charged_to)
     VALUES (@keystore, @delegator, @capabilityId, @expiresAt, @revoker, @revokedAt, @chargedTo)`,
  ),
  deleteShorter: connection.prepare<
    [keystore: number, delegator: string, capabilityId: string, expiresAt: number]
  >(
    `DELETE FROM revocation
     WHERE keystore = ? AND delegator = ? AND capability_id = ? AND expires_at < ?`,
  ),
  countOfCharged: connection
    .prepare<[keystore: number, chargedTo: string], number>(
      'SELECT count(*) FROM revocation WHERE keystore = ? AND charged_to = ?',
    )
    .pluck(),
  find: connection
    .prepare<[keystore: number, delegator: string, capabilityId: string], number>(
      'SELECT 1 FROM revocation WHERE keystore = ? AND delegator = ? AND capability_id = ?',
    )
    .pluck(),
  page: connection.prepare<PageParameters, RevocationColumns & {readonly position: number}>(
    `SELECT r.position, r.delegator, r.capability_id AS capabilityId, r.expires_at AS expiresAt,
       r.revoker, r.revoked_at AS revokedAt
     FROM keystore k JOIN revocation r ON r.keystore = k.position
     WHERE k.id = ? AND r.position > ? ORDER BY r.position LIMIT ?`,
  ),
  deleteExpired: connection.prepare<[before: number, limit: number]>(
    `DELETE FROM revocation WHERE position IN
       (SELECT position FROM revocation WHERE expires_at < ? ORDER BY expires_at LIMIT ?)`,
  ),
});
