import type {AuthenticatedKeystoreColumns} from '../keystore-columns.ts';
import type {Revocation} from '../revocation-store.ts';
import type {HeldLease, TransferKind} from '../store-transfer.ts';
import type {SqliteConnection} from './connection.ts';
import type {JobRow} from './job-statements.ts';
import {KEY_COLUMNS} from './key-row.ts';
import type {KeyRow} from './whole-keys.ts';
import {VERSION_COLUMNS} from './key-version-row.ts';
import {KEYSTORE_COLUMNS} from './keystore-row.ts';

/** After which row, and how many. */
type After = [position: number, rows: number];
type AfterOfKeystore = [keystore: number, position: number, rows: number];

interface TransferredKeystoreRow extends AuthenticatedKeystoreColumns {
  readonly position: number;
  readonly creator: string;
}

export interface TransferredKeyRow extends KeyRow {
  readonly keystore: number;
  readonly keystoreId: string;
}

interface TransferredRevocationRow extends Revocation {
  readonly keystore: number;
  readonly position: number;
  readonly chargedTo: string | null;
}

const listStatements = (connection: SqliteConnection) => ({
  keystores: connection.prepare<After, TransferredKeystoreRow>(
    `SELECT k.position, k.creator, ${KEYSTORE_COLUMNS} FROM keystore k
     WHERE k.position > ? ORDER BY k.position LIMIT ?`,
  ),
  keys: connection.prepare<AfterOfKeystore, TransferredKeyRow>(
    `SELECT r.position, r.keystore, k.id AS keystoreId, ${KEY_COLUMNS}, ${VERSION_COLUMNS}
     FROM (SELECT * FROM key_record WHERE (keystore, position) > (?, ?) ORDER BY keystore, position LIMIT ?) r
       JOIN keystore k ON k.position = r.keystore JOIN key_version v ON v.key = r.position
     ORDER BY r.keystore, r.position, v.version`,
  ),
  uses: connection.prepare<[key: number], {readonly version: number; readonly uses: number}>(
    'SELECT version, uses FROM key_use WHERE key = ? ORDER BY version',
  ),
  revocations: connection.prepare<AfterOfKeystore, TransferredRevocationRow>(
    `SELECT r.keystore, r.position, k.id AS keystoreId, r.delegator, r.capability_id AS capabilityId,
       r.expires_at AS expiresAt, r.revoker, r.revoked_at AS revokedAt, r.charged_to AS chargedTo
     FROM revocation r JOIN keystore k ON k.position = r.keystore
     WHERE (r.keystore, r.position) > (?, ?) ORDER BY r.keystore, r.position LIMIT ?`,
  ),
  replays: connection.prepare<[digest: Uint8Array, rows: number], {digest: Uint8Array; expiresAt: number}>(
    'SELECT digest, expires_at AS expiresAt FROM replay WHERE digest > ? ORDER BY digest LIMIT ?',
  ),
  jobs: connection.prepare<After, JobRow & {readonly position: number}>(
    `SELECT position, id, steps, scope, created_at AS createdAt, rotate_before AS rotateBefore, progress,
       finished_at AS finishedAt, failure
     FROM maintenance_job WHERE position > ? ORDER BY position LIMIT ?`,
  ),
  leases: connection.prepare<[now: number], HeldLease>(
    'SELECT name, holder, expires_at AS expiresAt FROM lease WHERE expires_at > ? ORDER BY name',
  ),
});

const putStatements = (connection: SqliteConnection) => ({
  putRevocation: connection.prepare<[Omit<TransferredRevocationRow, 'position' | 'keystoreId'>]>(
    `INSERT INTO revocation (keystore, delegator, capability_id, expires_at, revoker, revoked_at, charged_to)
     VALUES (@keystore, @delegator, @capabilityId, @expiresAt, @revoker, @revokedAt, @chargedTo)`,
  ),
  putReplay: connection.prepare<[{readonly digest: Uint8Array; readonly expiresAt: number}]>(
    'INSERT INTO replay (digest, expires_at) VALUES (@digest, @expiresAt) ON CONFLICT (digest) DO NOTHING',
  ),
  putJob: connection.prepare<[JobRow]>(
    `INSERT INTO maintenance_job (id, steps, scope, created_at, rotate_before, progress, finished_at, failure)
     VALUES (@id, @steps, @scope, @createdAt, @rotateBefore, @progress, @finishedAt, @failure)`,
  ),
});

const count = (connection: SqliteConnection, from: string) =>
  connection.prepare<[], number>(`SELECT count(*) FROM ${from}`).pluck();

const countStatements = (connection: SqliteConnection) => ({
  counts: {
    rootWrapper: count(connection, 'root_wrapper'),
    scope: count(connection, 'root_key'),
    sealer: count(connection, 'root_wrapper WHERE sealer IS NOT NULL'),
    keystore: count(connection, 'keystore'),
    key: count(connection, 'key_record'),
    revocation: count(connection, 'revocation'),
    replay: count(connection, 'replay'),
    job: count(connection, 'maintenance_job'),
  } satisfies Record<TransferKind, unknown>,
});

/** What moving to another store, and from one, asks of the database besides what others ask. */
export const transferStatements = (connection: SqliteConnection) => ({
  ...listStatements(connection),
  ...putStatements(connection),
  ...countStatements(connection),
});
