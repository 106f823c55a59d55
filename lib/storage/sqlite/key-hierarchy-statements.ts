import type {DataKeyVersionRow, SealedRootKeyVersionRow} from '../key-hierarchy-rows.ts';
import type {ResealedDataKeyVersion} from '../key-hierarchy-store.ts';
import type {SqliteConnection} from './connection.ts';

export type RowId = number | bigint;

// Variables only in subqueries over unique keys, as in key-statements.ts.
const readStatements = (connection: SqliteConnection) => ({
  findRootKey: connection.prepare<[scope: string], {position: number; id: string}>(
    'SELECT position, id FROM root_key WHERE scope = ?',
  ),
  rootKeyVersions: connection.prepare<[scope: string], SealedRootKeyVersionRow>(
    `SELECT v.id, v.version, v.created_at AS createdAt, w.id AS rootWrapperId, s.blob
     FROM root_key_version v
       JOIN sealed_root_key_version s ON s.root_key_version = v.position
       JOIN root_wrapper w ON w.position = s.root_wrapper
     WHERE v.root_key = (SELECT position FROM root_key WHERE scope = ?) ORDER BY v.version, s.root_wrapper`,
  ),
  dataKeyVersions: connection.prepare<[scope: string], DataKeyVersionRow>(
    `SELECT d.id AS dataKeyId, d.purpose, v.id, v.version, v.created_at AS createdAt,
       r.id AS rootKeyVersionId, v.blob
     FROM data_key d
       JOIN data_key_version v ON v.data_key = d.position
       JOIN root_key_version r ON r.position = v.root_key_version
     WHERE d.root_key = (SELECT position FROM root_key WHERE scope = ?) ORDER BY d.purpose, v.version`,
  ),
  listScopes: connection.prepare<[after: number, limit: number], {position: number; scope: string}>(
    'SELECT position, scope FROM root_key WHERE position > ? ORDER BY position LIMIT ?',
  ),
  findDataKey: connection
    .prepare<[id: string, rootKey: RowId], number>(
      'SELECT position FROM data_key WHERE id = ? AND root_key = ?',
    )
    .pluck(),
  findRootKeyVersion: connection
    .prepare<[id: string, rootKey: RowId], number>(
      'SELECT position FROM root_key_version WHERE id = ? AND root_key = ?',
    )
    .pluck(),
  findReplaced: connection
    .prepare<[Omit<ResealedDataKeyVersion, 'blob' | 'rootKeyVersionId'> & {rootKey: RowId}], number>(
      `SELECT v.position FROM data_key_version v JOIN data_key d ON d.position = v.data_key
       WHERE v.id = @id AND v.blob = @replacedBlob AND d.root_key = @rootKey`,
    )
    .pluck(),
  collectionVersion: connection
    .prepare<[], number>('SELECT collection_version FROM hierarchy_state WHERE id = 1')
    .pluck(),
});

const writeStatements = (connection: SqliteConnection) => ({
  insertRootKey: connection.prepare<[id: string, scope: string]>(
    'INSERT INTO root_key (id, scope) VALUES (?, ?)',
  ),
  insertRootKeyVersion: connection.prepare<[id: string, rootKey: RowId, version: number, createdAt: number]>(
    'INSERT INTO root_key_version (id, root_key, version, created_at) VALUES (?, ?, ?, ?)',
  ),
  insertSealed: connection.prepare<[rootKeyVersion: RowId, rootWrapper: RowId, blob: Uint8Array]>(
    'INSERT INTO sealed_root_key_version (root_key_version, root_wrapper, blob) VALUES (?, ?, ?)',
  ),
  insertDataKey: connection.prepare<[id: string, rootKey: RowId, purpose: string]>(
    'INSERT INTO data_key (id, root_key, purpose) VALUES (?, ?, ?)',
  ),
  insertDataKeyVersion: connection.prepare<
    [id: string, dataKey: RowId, version: number, createdAt: number, rootKeyVersion: RowId, blob: Uint8Array]
  >(
    `INSERT INTO data_key_version (id, data_key, version, created_at, root_key_version, blob)
     VALUES (?, ?, ?, ?, ?, ?)`,
  ),
  reseal: connection.prepare<[rootKeyVersion: RowId, blob: Uint8Array, position: RowId]>(
    'UPDATE data_key_version SET root_key_version = ?, blob = ? WHERE position = ?',
  ),
  deleteDataKeyVersion: connection.prepare<[id: string]>('DELETE FROM data_key_version WHERE id = ?'),
  deleteRootKeyVersion: connection.prepare<[id: string]>('DELETE FROM root_key_version WHERE id = ?'),
  deleteScope: connection.prepare<[scope: string]>('DELETE FROM root_key WHERE scope = ?'),
});

/** What is asked of the database about scopes and their keys. */
export const keyHierarchyStatements = (connection: SqliteConnection) => ({
  ...readStatements(connection),
  ...writeStatements(connection),
});
