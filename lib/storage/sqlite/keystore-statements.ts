import type {SqliteConnection} from './connection.ts';
import type {WrittenMac} from './data-key-version-lookup.ts';
import type {AuthenticatedKeystoreColumns, KeystoreColumns} from '../keystore-columns.ts';
import {KEYSTORE_COLUMNS} from './keystore-row.ts';

interface Replaced {
  readonly replacedSequence: number;
  readonly replacedController: string | null;
  readonly replacedControllers: string | null;
}

type WrittenKeystore = KeystoreColumns & WrittenMac;

export interface ListedKeystoreRow extends AuthenticatedKeystoreColumns {
  readonly position: number;
  readonly namedByOthers: number;
}

type PageParameters = [controller: string, group: number, position: number, rows: number];

/** Everything that SqliteKeystoreConfigStore asks of the database. */
export const keystoreStatements = (connection: SqliteConnection) => ({
  find: connection.prepare<[id: string], AuthenticatedKeystoreColumns>(
    `SELECT ${KEYSTORE_COLUMNS} FROM keystore k WHERE k.id = ?`,
  ),
  countOfCreator: connection
    .prepare<[creator: string], number>('SELECT count(*) FROM keystore WHERE creator = ?')
    .pluck(),
  insert: connection
    .prepare<[WrittenKeystore & {readonly creator: string}], number>(
      `INSERT INTO keystore (id, sequence, creator, controller, controllers, kms_module, meter_id, ip_allow_list,
         mac, mac_key_version)
       VALUES (@id, @sequence, @creator, @controller, @controllers, @kmsModule, @meterId, @ipAllowList,
         @mac, @macKeyVersion)
       RETURNING position`,
    )
    .pluck(),
  update: connection.prepare<[WrittenKeystore & Replaced], {position: number; creator: string}>(
    `UPDATE keystore SET sequence = @sequence, controller = @controller, controllers = @controllers,
       kms_module = @kmsModule, meter_id = @meterId, ip_allow_list = @ipAllowList,
       mac = @mac, mac_key_version = @macKeyVersion
     WHERE id = @id AND sequence = @replacedSequence
       AND controller IS @replacedController AND controllers IS @replacedControllers
     RETURNING position, creator`,
  ),
  findSequence: connection.prepare<[id: string], {position: number; sequence: number}>(
    'SELECT position, sequence FROM keystore WHERE id = ?',
  ),
  delete: connection.prepare<[position: number]>('DELETE FROM keystore WHERE position = ?'),
  findAnyKey: connection
    .prepare<[keystore: number], number>(
      `SELECT 1 FROM key_record WHERE keystore = ? AND state <> 'deleted' LIMIT 1`,
    )
    .pluck(),
  deleteTombstones: connection.prepare<[keystore: number]>('DELETE FROM key_record WHERE keystore = ?'),

  replaceAuthentication: connection.prepare<
    [{readonly id: string; readonly replacedMac: Uint8Array} & WrittenMac]
  >(
    `UPDATE keystore SET mac = @mac, mac_key_version = @macKeyVersion
     WHERE id = @id AND mac = @replacedMac`,
  ),
  pageOfIds: connection.prepare<[position: number, rows: number], {position: number; id: string}>(
    'SELECT position, id FROM keystore WHERE position > ? ORDER BY position LIMIT ?',
  ),
  page: connection.prepare<PageParameters, ListedKeystoreRow>(
    `SELECT ${KEYSTORE_COLUMNS}, k.position, c.named_by_others AS namedByOthers
     FROM keystore_controller c JOIN keystore k ON k.position = c.keystore
     WHERE c.controller = ? AND (c.named_by_others, c.keystore) > (?, ?)
     ORDER BY c.named_by_others, c.keystore LIMIT ?`,
  ),
  listAcknowledged: connection
    .prepare<[keystore: number], string>(
      'SELECT controller FROM keystore_controller WHERE keystore = ? AND named_by_others = 0',
    )
    .pluck(),
  deleteControllers: connection.prepare<[keystore: number]>(
    'DELETE FROM keystore_controller WHERE keystore = ?',
  ),
  insertController: connection.prepare<[controller: string, namedByOthers: 0 | 1, keystore: number]>(
    'INSERT INTO keystore_controller (controller, named_by_others, keystore) VALUES (?, ?, ?)',
  ),
});
