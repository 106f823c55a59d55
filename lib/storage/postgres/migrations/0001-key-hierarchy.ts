import {KEY_HIERARCHY_RULES} from './0001-key-hierarchy-rules.ts';
import type {Migration} from './migration.ts';
import {BIGINT, BYTES, INTEGER, nullable, POSITION, type Table, tableSql, TEXT} from './table.ts';
import {functionSql, refuseTruncate, rulesSql} from './trigger.ts';

/** Its version, and a number that grows with every transaction that changes the hierarchy: a trigger adds to it. */
const HIERARCHY_STATE: Table = {
  name: 'hierarchy_state',
  columns: {id: INTEGER, schema_version: INTEGER, collection_version: BIGINT},
  constraints: {
    hierarchy_state_pkey: 'PRIMARY KEY (id)',
    hierarchy_state_only_row: 'CHECK (id = 1)',
    hierarchy_state_schema_version: 'CHECK (schema_version >= 1)',
    hierarchy_state_collection_version: 'CHECK (collection_version >= 0)',
  },
};

const ROOT_WRAPPER: Table = {
  name: 'root_wrapper',
  columns: {
    position: POSITION,
    id: TEXT,
    uri: TEXT,
    wrapper_key_id: TEXT,
    parameters: nullable(TEXT),
    created_at: BIGINT,
    state: TEXT,
    sealer: nullable(BYTES),
    sealer_key_version: nullable(BIGINT),
  },
  constraints: {
    root_wrapper_pkey: 'PRIMARY KEY (position)',
    root_wrapper_id_key: 'UNIQUE (id)',
    root_wrapper_wrapper_key_id_key: 'UNIQUE (wrapper_key_id)',
    root_wrapper_id: `CHECK (id <> '')`,
    root_wrapper_uri: `CHECK (uri <> '')`,
    root_wrapper_wrapper_key_id: `CHECK (wrapper_key_id <> '')`,
    root_wrapper_parameters: `CHECK (parameters <> '')`,
    root_wrapper_known_state: `CHECK (state = ANY (ARRAY['adding', 'active', 'retiring']))`,
    root_wrapper_sealer: 'CHECK (length(sealer) > 0)',
    root_wrapper_sealer_whole: 'CHECK ((sealer IS NULL) = (sealer_key_version IS NULL))',
  },
  indexes: {root_wrapper_sealer_key_version: 'sealer_key_version'},
};

/** A scope need not be a keystore that exists: its keys may be made first. */
const ROOT_KEY: Table = {
  name: 'root_key',
  columns: {position: POSITION, id: TEXT, scope: TEXT},
  constraints: {
    root_key_pkey: 'PRIMARY KEY (position)',
    root_key_id_key: 'UNIQUE (id)',
    root_key_scope_key: 'UNIQUE (scope)',
    root_key_id: `CHECK (id <> '')`,
    root_key_scope: `CHECK (scope <> '')`,
  },
};

const ROOT_KEY_VERSION: Table = {
  name: 'root_key_version',
  columns: {position: POSITION, id: TEXT, root_key: BIGINT, version: BIGINT, created_at: BIGINT},
  constraints: {
    root_key_version_pkey: 'PRIMARY KEY (position)',
    root_key_version_id_key: 'UNIQUE (id)',
    root_key_version_version_key: 'UNIQUE (root_key, version)',
    root_key_version_root_key_fkey: 'FOREIGN KEY (root_key) REFERENCES root_key(position) ON DELETE CASCADE',
    root_key_version_id: `CHECK (id <> '')`,
    root_key_version_version: 'CHECK (version >= 1)',
  },
};

const SEALED_ROOT_KEY_VERSION: Table = {
  name: 'sealed_root_key_version',
  columns: {root_key_version: BIGINT, root_wrapper: BIGINT, blob: BYTES},
  constraints: {
    sealed_root_key_version_pkey: 'PRIMARY KEY (root_key_version, root_wrapper)',
    sealed_root_key_version_root_key_version_fkey:
      'FOREIGN KEY (root_key_version) REFERENCES root_key_version(position) ON DELETE CASCADE',
    sealed_root_key_version_root_wrapper_fkey:
      'FOREIGN KEY (root_wrapper) REFERENCES root_wrapper(position) ON DELETE RESTRICT',
    sealed_root_key_version_blob: 'CHECK (length(blob) > 0)',
  },
  // In the order in which they are deleted, a batch at a time.
  indexes: {sealed_root_key_version_root_wrapper: 'root_wrapper, root_key_version'},
};

const DATA_KEY: Table = {
  name: 'data_key',
  columns: {position: POSITION, id: TEXT, root_key: BIGINT, purpose: TEXT},
  constraints: {
    data_key_pkey: 'PRIMARY KEY (position)',
    data_key_id_key: 'UNIQUE (id)',
    data_key_purpose_key: 'UNIQUE (root_key, purpose)',
    data_key_root_key_fkey: 'FOREIGN KEY (root_key) REFERENCES root_key(position) ON DELETE CASCADE',
    data_key_id: `CHECK (id <> '')`,
    data_key_purpose: `CHECK (purpose <> '')`,
  },
};

/** What is sealed under a version names it by its position or its id, ON DELETE RESTRICT, in a column that has an index. */
const DATA_KEY_VERSION: Table = {
  name: 'data_key_version',
  columns: {
    position: POSITION,
    id: TEXT,
    data_key: BIGINT,
    version: BIGINT,
    created_at: BIGINT,
    root_key_version: BIGINT,
    blob: BYTES,
  },
  constraints: {
    data_key_version_pkey: 'PRIMARY KEY (position)',
    data_key_version_id_key: 'UNIQUE (id)',
    data_key_version_version_key: 'UNIQUE (data_key, version)',
    data_key_version_data_key_fkey: 'FOREIGN KEY (data_key) REFERENCES data_key(position) ON DELETE CASCADE',
    data_key_version_root_key_version_fkey:
      'FOREIGN KEY (root_key_version) REFERENCES root_key_version(position) ON DELETE RESTRICT',
    data_key_version_id: `CHECK (id <> '')`,
    data_key_version_version: 'CHECK (version >= 1)',
    data_key_version_blob: 'CHECK (length(blob) > 0)',
  },
  indexes: {data_key_version_root_key_version: 'root_key_version'},
};

/** Each names tables before it alone; two name each other. */
const SEALER_REFERENCE = {
  root_wrapper_sealer_key_version_fkey:
    'FOREIGN KEY (sealer_key_version) REFERENCES data_key_version(position) ON DELETE RESTRICT',
};

const CREATED: readonly Table[] = [
  HIERARCHY_STATE,
  ROOT_WRAPPER,
  ROOT_KEY,
  ROOT_KEY_VERSION,
  SEALED_ROOT_KEY_VERSION,
  DATA_KEY,
  DATA_KEY_VERSION,
];

/** As they are in the end. */
export const KEY_HIERARCHY_TABLES: readonly Table[] = CREATED.map((table) =>
  table === ROOT_WRAPPER ? {...table, constraints: {...table.constraints, ...SEALER_REFERENCE}} : table,
);

/** The schema's version is how many migrations change it. */
export const KEY_HIERARCHY_SCHEMA_VERSION = 1;

export const keyHierarchy: Migration = {
  name: 'key hierarchy',
  sql: [
    ...CREATED.map(tableSql),
    ...Object.entries(SEALER_REFERENCE).map(
      ([name, definition]) => `ALTER TABLE ${ROOT_WRAPPER.name} ADD CONSTRAINT ${name} ${definition};\n`,
    ),
    `INSERT INTO hierarchy_state VALUES (1, ${KEY_HIERARCHY_SCHEMA_VERSION}, 0);\n`,
    functionSql(refuseTruncate),
    rulesSql(KEY_HIERARCHY_RULES),
  ].join(''),
};
