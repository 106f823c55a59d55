import type {RootWrapperRecord} from '../key-hierarchy-store.ts';
import type {SqliteConnection} from './connection.ts';

export interface RootWrapperRow extends Omit<RootWrapperRecord, 'parameters' | 'sealer'> {
  readonly parameters: string | null;
  readonly sealer: Uint8Array | null;
}

export interface ListedRootWrapperRow extends RootWrapperRow {
  readonly sealerKeyVersionId: string | null;
}

export interface NewRootWrapperRow extends RootWrapperRow {
  readonly sealerKeyVersion: number | null;
}

/** What is null stays as it is. */
export interface RootWrapperChange {
  readonly position: number;
  readonly state: string;
  readonly uri: string | null;
  readonly sealer: Uint8Array | null;
  readonly sealerKeyVersion: number | null;
}

const COLUMNS = 'id, uri, wrapper_key_id, parameters, created_at, state, sealer, sealer_key_version';
const VALUES = '@id, @uri, @wrapperKeyId, @parameters, @createdAt, @state, @sealer, @sealerKeyVersion';

const setStatements = (connection: SqliteConnection) => ({
  list: connection.prepare<[], ListedRootWrapperRow>(
    `SELECT root_wrapper.id, uri, wrapper_key_id AS wrapperKeyId, parameters, root_wrapper.created_at AS createdAt,
       state, sealer, v.id AS sealerKeyVersionId
     FROM root_wrapper LEFT JOIN data_key_version v ON v.position = sealer_key_version
     ORDER BY root_wrapper.position`,
  ),
  listInUse: connection
    .prepare<[], string>(`SELECT id FROM root_wrapper WHERE state IN ('adding', 'active')`)
    .pluck(),
  find: connection.prepare<[id: string], {position: number; state: string}>(
    'SELECT position, state FROM root_wrapper WHERE id = ?',
  ),
  findSealerKeyVersion: connection
    .prepare<[id: string], number>('SELECT position FROM data_key_version WHERE id = ?')
    .pluck(),
  insertFirst: connection.prepare<[NewRootWrapperRow]>(
    `INSERT INTO root_wrapper (${COLUMNS}) SELECT ${VALUES} WHERE NOT EXISTS (SELECT 1 FROM root_wrapper)`,
  ),
  insert: connection.prepare<[NewRootWrapperRow]>(`INSERT INTO root_wrapper (${COLUMNS}) VALUES (${VALUES})`),
  update: connection.prepare<[RootWrapperChange]>(
    `UPDATE root_wrapper SET state = @state, uri = coalesce(@uri, uri), sealer = coalesce(@sealer, sealer),
       sealer_key_version = coalesce(@sealerKeyVersion, sealer_key_version)
     WHERE position = @position`,
  ),
  delete: connection.prepare<[id: string]>('DELETE FROM root_wrapper WHERE id = ?'),
});

const sealedStatements = (connection: SqliteConnection) => ({
  listLacking: connection.prepare<
    [rootWrapper: number, from: number, limit: number],
    {position: number; scope: string}
  >(
    `SELECT v.position, k.scope FROM root_key_version v JOIN root_key k ON k.position = v.root_key
     WHERE NOT EXISTS (
       SELECT 1 FROM sealed_root_key_version s WHERE s.root_key_version = v.position AND s.root_wrapper = ?
     ) AND v.position >= ? ORDER BY v.position LIMIT ?`,
  ),
  countSealed: connection
    .prepare<[rootWrapper: number], number>(
      'SELECT count(*) FROM sealed_root_key_version WHERE root_wrapper = ?',
    )
    .pluck(),
  countRootKeyVersions: connection.prepare<[], number>('SELECT count(*) FROM root_key_version').pluck(),
  insertSealed: connection.prepare<[{id: string; rootWrapper: number; blob: Uint8Array}]>(
    `INSERT INTO sealed_root_key_version (root_key_version, root_wrapper, blob)
     SELECT v.position, @rootWrapper, @blob FROM root_key_version v WHERE v.id = @id AND NOT EXISTS (
       SELECT 1 FROM sealed_root_key_version s
       WHERE s.root_key_version = v.position AND s.root_wrapper = @rootWrapper)`,
  ),
  deleteSealed: connection.prepare<[{rootWrapper: number; limit: number}]>(
    `DELETE FROM sealed_root_key_version WHERE root_wrapper = @rootWrapper AND root_key_version IN (
       SELECT root_key_version FROM sealed_root_key_version WHERE root_wrapper = @rootWrapper LIMIT @limit)`,
  ),
});

export const rootWrapperStatements = (connection: SqliteConnection) => ({
  ...setStatements(connection),
  ...sealedStatements(connection),
});
