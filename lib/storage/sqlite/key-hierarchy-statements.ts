import type {RootWrapperRecord} from '../key-hierarchy-store.ts';
import type {SqliteConnection} from './connection.ts';

type RowId = number | bigint;

export type RootWrapperRow = Omit<RootWrapperRecord, 'parameters'> & {readonly parameters: string | null};

export interface SealedRootKeyVersionRow {
  readonly id: string;
  readonly version: number;
  readonly createdAt: number;
  readonly rootWrapperId: string;
  readonly blob: Uint8Array;
}

export interface DataKeyVersionRow {
  readonly dataKeyId: string;
  readonly purpose: string;
  readonly id: string;
  readonly version: number;
  readonly createdAt: number;
  readonly rootKeyVersionId: string;
  readonly blob: Uint8Array;
}

const wrapperStatements = (connection: SqliteConnection) => ({
  listRootWrappers: connection.prepare<[], RootWrapperRow>(
    `SELECT id, uri, wrapper_key_id AS wrapperKeyId, parameters, created_at AS createdAt
     FROM root_wrapper ORDER BY position`,
  ),
  insertFirstRootWrapper: connection.prepare<[RootWrapperRow]>(
    `INSERT INTO root_wrapper (id, uri, wrapper_key_id, parameters, created_at)
     SELECT @id, @uri, @wrapperKeyId, @parameters, @createdAt WHERE NOT EXISTS (SELECT 1 FROM root_wrapper)`,
  ),
  findRootWrapper: connection
    .prepare<[id: string], number>('SELECT position FROM root_wrapper WHERE id = ?')
    .pluck(),
});

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
});

const insertStatements = (connection: SqliteConnection) => ({
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
});

const deleteStatements = (connection: SqliteConnection) => ({
  // Data key versions hold on to root key versions (RESTRICT), so data keys go first.
  deleteDataKeys: connection.prepare<[rootKey: number]>('DELETE FROM data_key WHERE root_key = ?'),
  deleteRootKey: connection.prepare<[rootKey: number]>('DELETE FROM root_key WHERE position = ?'),
});

/** Everything that SqliteKeyHierarchyStore asks of the database. */
export const keyHierarchyStatements = (connection: SqliteConnection) => ({
  ...wrapperStatements(connection),
  ...readStatements(connection),
  ...insertStatements(connection),
  ...deleteStatements(connection),
});
