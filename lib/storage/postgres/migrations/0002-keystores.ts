import {KEY_RULES} from './0002-key-rules.ts';
import {KEY_TABLES} from './0002-key-tables.ts';
import {REQUEST_RULES, REQUEST_TABLES} from './0002-request-tables.ts';
import type {Migration} from './migration.ts';
import {ownScope} from './own-scope.ts';
import {BIGINT, BYTES, INTEGER, nullable, POSITION, type Table, tableSql, TEXT} from './table.ts';
import {check, neverTruncated, rule, rulesSql, type Trigger} from './trigger.ts';

/**
 * `position` is the order of creation, and never given twice, so cursors survive deletions.
 * Rows name their keystore by its position: a URL of 70 bytes is stored once.
 */
const KEYSTORE: Table = {
  name: 'keystore',
  columns: {
    position: POSITION,
    id: TEXT,
    sequence: BIGINT,
    creator: TEXT,
    // As posted: one DID, or a JSON array of them.
    controller: nullable(TEXT),
    controllers: nullable(TEXT),
    kms_module: TEXT,
    meter_id: nullable(TEXT),
    ip_allow_list: nullable(TEXT),
    mac: BYTES,
    mac_key_version: BIGINT,
  },
  constraints: {
    keystore_pkey: 'PRIMARY KEY (position)',
    keystore_id_key: 'UNIQUE (id)',
    keystore_mac_key_version_fkey:
      'FOREIGN KEY (mac_key_version) REFERENCES data_key_version(position) ON DELETE RESTRICT',
    keystore_id: `CHECK (id <> '')`,
    keystore_sequence: 'CHECK (sequence >= 0)',
    keystore_creator: `CHECK (creator <> '')`,
    keystore_controllers: `CHECK (json_typeof(controllers::json) = 'array')`,
    keystore_controlled: 'CHECK ((controller IS NULL) <> (controllers IS NULL))',
    keystore_ip_allow_list: `CHECK (json_typeof(ip_allow_list::json) = 'array')`,
    keystore_mac: 'CHECK (length(mac) > 0)',
  },
  indexes: {keystore_creator: 'creator', keystore_mac_key_version: 'mac_key_version'},
};

/** Its key is the order of listing: a controller's own keystores first, each group in order of creation. */
const KEYSTORE_CONTROLLER: Table = {
  name: 'keystore_controller',
  columns: {
    controller: TEXT,
    // 0: acknowledged, as this controller created or has updated the keystore. 1: only others have named it.
    named_by_others: INTEGER,
    keystore: BIGINT,
  },
  constraints: {
    keystore_controller_pkey: 'PRIMARY KEY (controller, named_by_others, keystore)',
    keystore_controller_keystore_key: 'UNIQUE (keystore, controller)',
    keystore_controller_keystore_fkey:
      'FOREIGN KEY (keystore) REFERENCES keystore(position) ON DELETE CASCADE',
    keystore_controller_named_by_others: 'CHECK (named_by_others = ANY (ARRAY[0, 1]))',
  },
};

const KEYSTORE_RULES: readonly Trigger[] = [
  rule({
    name: 'keystore_identity',
    table: 'keystore',
    at: 'BEFORE ROW',
    events: ['UPDATE'],
    body: check([
      'NEW.position <> OLD.position OR NEW.id <> OLD.id OR NEW.creator <> OLD.creator',
      'keystore: position, id and creator are immutable',
    ]),
  }),
  ownScope({table: 'keystore', column: 'mac_key_version', scope: 'NEW.id'}),
];

/** Each names tables before it alone, and those of the key hierarchy. */
export const KEYSTORE_TABLES: readonly Table[] = [
  KEYSTORE,
  KEYSTORE_CONTROLLER,
  ...KEY_TABLES,
  ...REQUEST_TABLES,
];

/** What is lost with these tables cannot be had back. */
const KEPT = [
  'keystore',
  'keystore_controller',
  'key_record',
  'key_version',
  'key_use',
  'revocation',
  'replay',
];

export const KEYSTORE_TRIGGERS: readonly Trigger[] = [
  ...KEYSTORE_RULES,
  ...KEY_RULES,
  ...REQUEST_RULES,
  ...KEPT.map(neverTruncated),
];

export const keystores: Migration = {
  name: 'keystores',
  sql: [
    ...KEYSTORE_TABLES.map(tableSql),
    rulesSql(KEYSTORE_TRIGGERS),
    'INSERT INTO probe VALUES (1, 0);\n',
  ].join(''),
};
