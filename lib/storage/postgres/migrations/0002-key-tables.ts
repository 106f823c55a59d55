import {BIGINT, BYTES, nullable, POSITION, type Table, TEXT} from './table.ts';

const ENABLED_OR_DISABLED = `ARRAY['enabled', 'disabled']`;

const KEY_RECORD: Table = {
  name: 'key_record',
  columns: {
    position: POSITION,
    keystore: BIGINT,
    local_id: TEXT,
    sequence: BIGINT,
    type: TEXT,
    created_at: BIGINT,
    updated_at: BIGINT,
    origin: TEXT,
    state: TEXT,
    deletion_requested_at: nullable(BIGINT),
    destroy_at: nullable(BIGINT),
    restores_to: nullable(TEXT),
    // JSON, as canonicalJson writes it: so are tags and policy.
    key_ops: nullable(TEXT),
    tags: nullable(TEXT),
    // What the tags say it is.
    name: nullable(TEXT),
    policy: nullable(TEXT),
    description: nullable(TEXT),
    // When the server itself has to do something with it.
    due_at: nullable(BIGINT),
    max_capability_chain_length: nullable(BIGINT),
    public_alias: nullable(TEXT),
    public_alias_template: nullable(TEXT),
    mac: BYTES,
    mac_key_version: BIGINT,
  },
  constraints: {
    key_record_pkey: 'PRIMARY KEY (position)',
    key_record_local_id_key: 'UNIQUE (keystore, local_id)',
    key_record_keystore_fkey: 'FOREIGN KEY (keystore) REFERENCES keystore(position) ON DELETE RESTRICT',
    key_record_mac_key_version_fkey:
      'FOREIGN KEY (mac_key_version) REFERENCES data_key_version(position) ON DELETE RESTRICT',
    key_record_local_id: `CHECK (local_id <> '')`,
    key_record_sequence: 'CHECK (sequence >= 0)',
    key_record_type: `CHECK (type <> '')`,
    key_record_origin: `CHECK (origin = ANY (ARRAY['generated', 'imported']))`,
    key_record_state: `CHECK (state = ANY (ARRAY['enabled', 'disabled', 'pendingDeletion', 'deleted']))`,
    key_record_restores_to: `CHECK (restores_to = ANY (${ENABLED_OR_DISABLED}))`,
    key_record_key_ops: `CHECK (json_array_length(key_ops::json) > 0)`,
    key_record_tags: `CHECK (json_typeof(tags::json) = 'object' AND tags <> '{}')`,
    key_record_name: `CHECK (NOT (name IS DISTINCT FROM (tags::json ->> 'name')))`,
    key_record_named_by_text: `CHECK (json_typeof(tags::json -> 'name') = 'string')`,
    key_record_policy: `CHECK (json_typeof(policy::json) = 'object')`,
    key_record_deletion_whole:
      'CHECK ((deletion_requested_at IS NULL) = (destroy_at IS NULL) AND (restores_to IS NULL) = (destroy_at IS NULL))',
    key_record_deletion: `CHECK ((state = ANY (ARRAY['pendingDeletion', 'deleted'])) = (destroy_at IS NOT NULL))`,
    key_record_tombstone: `CHECK (state <> 'deleted' OR (tags IS NULL AND due_at IS NULL))`,
  },
  indexes: {
    // These serve a keystore's lists, of all keys and of those not deleted, and count.
    key_record_keystore: 'keystore, position',
    key_record_kept: {columns: 'keystore, position', where: `state <> 'deleted'`},
    key_record_name_key: {columns: 'keystore, name', where: 'name IS NOT NULL', unique: true},
    key_record_due_at: {columns: 'due_at, position', where: 'due_at IS NOT NULL'},
    key_record_mac_key_version: 'mac_key_version',
  },
};

const KEY_VERSION: Table = {
  name: 'key_version',
  columns: {
    key: BIGINT,
    version: BIGINT,
    created_at: BIGINT,
    state: TEXT,
    public_key: nullable(BYTES),
    material: nullable(BYTES),
    // What sealed the material; NULL: a module that seals nothing with the hierarchy.
    data_key_version: nullable(BIGINT),
    // JSON: DER in base64url, the key's own first.
    certificates: nullable(TEXT),
  },
  constraints: {
    key_version_pkey: 'PRIMARY KEY (key, version)',
    key_version_key_fkey: 'FOREIGN KEY (key) REFERENCES key_record(position) ON DELETE CASCADE',
    key_version_data_key_version_fkey:
      'FOREIGN KEY (data_key_version) REFERENCES data_key_version(position) ON DELETE RESTRICT',
    key_version_version: 'CHECK (version >= 1)',
    key_version_state: `CHECK (state = ANY (ARRAY['enabled', 'disabled', 'destroyed']))`,
    key_version_public_key: 'CHECK (length(public_key) > 0)',
    key_version_material: 'CHECK (length(material) > 0)',
    key_version_certificates: 'CHECK (json_array_length(certificates::json) > 0)',
    key_version_destroyed: `CHECK ((material IS NULL) = (state = 'destroyed'))`,
    key_version_sealed: 'CHECK (data_key_version IS NULL OR material IS NOT NULL)',
  },
  indexes: {key_version_data_key_version: 'data_key_version, key'},
};

/** How often versions were used, or may have been. It has no MAC: see docs/integrity.md. */
const KEY_USE: Table = {
  name: 'key_use',
  columns: {key: BIGINT, version: BIGINT, uses: BIGINT},
  constraints: {
    key_use_pkey: 'PRIMARY KEY (key, version)',
    key_use_version_fkey: 'FOREIGN KEY (key, version) REFERENCES key_version(key, version) ON DELETE CASCADE',
    key_use_uses: `CHECK (uses >= 1 AND uses <= ${Number.MAX_SAFE_INTEGER})`,
  },
};

export const KEY_TABLES: readonly Table[] = [KEY_RECORD, KEY_VERSION, KEY_USE];
