import type {SqliteConnection} from './connection.ts';
import type {WrittenMac} from './data-key-version-lookup.ts';
import type {KeyColumns} from '../key-columns.ts';
import type {VersionColumns} from '../key-version-columns.ts';

export type WrittenKey = KeyColumns & WrittenMac;
export type WrittenVersion = VersionColumns & {readonly dataKeyVersion: number | null};
type VersionRow = WrittenVersion & {readonly key: number | bigint};

/** A stored key, and how many versions of it there are: they are numbered from 1, and none ever goes. */
export interface KeyPlace {
  readonly position: number;
  readonly keystore: number;
  readonly sequence: number;
  readonly versions: number;
}

/** What KeyRecordWriter asks of the database. */
export const keyWriteStatements = (connection: SqliteConnection) => ({
  findKeystore: connection.prepare<[id: string], {position: number; sequence: number}>(
    'SELECT position, sequence FROM keystore WHERE id = ?',
  ),
  keystoreSequence: connection
    .prepare<[keystore: number], number>('SELECT sequence FROM keystore WHERE position = ?')
    .pluck(),
  findNamed: connection
    .prepare<[keystore: number, name: string], number>(
      'SELECT position FROM key_record WHERE keystore = ? AND name = ?',
    )
    .pluck(),
  findPlace: connection.prepare<[keystoreId: string, localKeyId: string], KeyPlace>(
    `SELECT position, keystore, sequence, (SELECT max(version) FROM key_version WHERE key = position) AS versions
     FROM key_record WHERE keystore = (SELECT position FROM keystore WHERE id = ?) AND local_id = ?`,
  ),
  countMaterial: connection
    .prepare<[key: number], number>('SELECT count(material) FROM key_version WHERE key = ?')
    .pluck(),
  insert: connection.prepare<[WrittenKey & {readonly keystore: number}]>(
    `INSERT INTO key_record (keystore, local_id, sequence, type, created_at, updated_at, origin, state,
       deletion_requested_at, destroy_at, restores_to, key_ops, tags, policy, description, due_at,
       max_capability_chain_length, public_alias, public_alias_template, mac, mac_key_version)
     VALUES (@keystore, @localKeyId, @sequence, @type, @createdAt, @updatedAt, @origin, @state,
       @requestedAt, @destroyAt, @restoresTo, @keyOps, @tags, @policy, @description, @dueAt,
       @maxCapabilityChainLength, @publicAlias, @publicAliasTemplate, @mac, @macKeyVersion)`,
  ),
  insertVersion: connection.prepare<[VersionRow]>(
    `INSERT INTO key_version (key, version, created_at, state, public_key, material, data_key_version, certificates)
     VALUES (@key, @version, @versionCreatedAt, @versionState, @publicKey, @material, @dataKeyVersion, @certificates)`,
  ),
  insertUses: connection.prepare<[key: number | bigint, version: number, uses: number]>(
    'INSERT INTO key_use (key, version, uses) VALUES (?, ?, ?)',
  ),
  // What may not change is compared, not written: SQLite would write the indexes anew that it is in.
  update: connection.prepare<[WrittenKey & {readonly position: number}]>(
    `UPDATE key_record SET sequence = @sequence, updated_at = @updatedAt, state = @state,
       deletion_requested_at = @requestedAt, destroy_at = @destroyAt, restores_to = @restoresTo,
       tags = @tags, policy = @policy, description = @description, due_at = @dueAt,
       max_capability_chain_length = @maxCapabilityChainLength,
       public_alias = @publicAlias, public_alias_template = @publicAliasTemplate,
       mac = @mac, mac_key_version = @macKeyVersion
     WHERE position = @position AND type = @type AND created_at = @createdAt AND local_id = @localKeyId
       AND origin = @origin AND key_ops IS @keyOps`,
  ),
  findSameVersion: connection
    .prepare<[VersionRow], number>(
      `SELECT 1 FROM key_version
       WHERE key = @key AND version = @version AND created_at = @versionCreatedAt AND public_key IS @publicKey
         AND state = @versionState AND material IS @material AND data_key_version IS @dataKeyVersion
         AND certificates IS @certificates`,
    )
    .pluck(),
  updateVersion: connection.prepare<[VersionRow]>(
    `UPDATE key_version SET state = @versionState, material = @material, data_key_version = @dataKeyVersion,
       certificates = @certificates
     WHERE key = @key AND version = @version AND created_at = @versionCreatedAt AND public_key IS @publicKey`,
  ),
  // Of a record that says the same as before, but for what it is sealed and authenticated under.
  replace: connection.prepare<[WrittenKey & {readonly position: number}]>(
    `UPDATE key_record SET sequence = @sequence, mac = @mac, mac_key_version = @macKeyVersion
     WHERE position = @position AND type = @type AND created_at = @createdAt AND local_id = @localKeyId
       AND updated_at = @updatedAt AND origin = @origin AND state = @state
       AND deletion_requested_at IS @requestedAt AND destroy_at IS @destroyAt AND restores_to IS @restoresTo
       AND key_ops IS @keyOps AND tags IS @tags AND policy IS @policy AND description IS @description
       AND due_at IS @dueAt AND max_capability_chain_length IS @maxCapabilityChainLength
       AND public_alias IS @publicAlias AND public_alias_template IS @publicAliasTemplate`,
  ),
  replaceVersion: connection.prepare<[VersionRow]>(
    `UPDATE key_version SET material = @material, data_key_version = @dataKeyVersion
     WHERE key = @key AND version = @version AND created_at = @versionCreatedAt AND public_key IS @publicKey
       AND state = @versionState AND certificates IS @certificates`,
  ),
});
