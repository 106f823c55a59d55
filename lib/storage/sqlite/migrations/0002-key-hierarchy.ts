import {KEY_HIERARCHY_RULES} from './0002-key-hierarchy-rules.ts';
import type {Migration} from './migration.ts';

/** Its version, and a number that grows with every change: triggers add to it, in the same transaction. */
const STATE = `
CREATE TABLE hierarchy_state (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  schema_version INTEGER NOT NULL CHECK (schema_version >= 1),
  collection_version INTEGER NOT NULL CHECK (collection_version >= 0)
) STRICT;
INSERT INTO hierarchy_state VALUES (1, 1, 0);
`;

const ROOT_KEYS = `
CREATE TABLE root_wrapper (
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE CHECK (id <> ''),
  uri TEXT NOT NULL CHECK (uri <> ''),
  wrapper_key_id TEXT NOT NULL UNIQUE CHECK (wrapper_key_id <> ''),
  parameters TEXT CHECK (parameters <> ''),
  created_at INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('adding', 'active', 'retiring')),
  sealer BLOB CHECK (length(sealer) > 0),
  sealer_key_version INTEGER REFERENCES data_key_version (position) ON DELETE RESTRICT,
  CHECK ((sealer IS NULL) = (sealer_key_version IS NULL))
) STRICT;
CREATE INDEX root_wrapper_sealer_key_version ON root_wrapper (sealer_key_version);

-- A scope need not be a keystore that exists: its keys may be made first.
CREATE TABLE root_key (
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE CHECK (id <> ''),
  scope TEXT NOT NULL UNIQUE CHECK (scope <> '')
) STRICT;

CREATE TABLE root_key_version (
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE CHECK (id <> ''),
  root_key INTEGER NOT NULL REFERENCES root_key (position) ON DELETE CASCADE,
  version INTEGER NOT NULL CHECK (version >= 1),
  created_at INTEGER NOT NULL,
  UNIQUE (root_key, version)
) STRICT;

CREATE TABLE sealed_root_key_version (
  root_key_version INTEGER NOT NULL REFERENCES root_key_version (position) ON DELETE CASCADE,
  root_wrapper INTEGER NOT NULL REFERENCES root_wrapper (position) ON DELETE RESTRICT,
  blob BLOB NOT NULL CHECK (length(blob) > 0),
  PRIMARY KEY (root_key_version, root_wrapper)
) STRICT, WITHOUT ROWID;
CREATE INDEX sealed_root_key_version_root_wrapper ON sealed_root_key_version (root_wrapper);
`;

const DATA_KEYS = `
CREATE TABLE data_key (
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE CHECK (id <> ''),
  root_key INTEGER NOT NULL REFERENCES root_key (position) ON DELETE CASCADE,
  purpose TEXT NOT NULL CHECK (purpose <> ''),
  UNIQUE (root_key, purpose)
) STRICT;

-- What is sealed under a version names it by its position or its id, ON DELETE RESTRICT, in a column that has an index.
CREATE TABLE data_key_version (
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE CHECK (id <> ''),
  data_key INTEGER NOT NULL REFERENCES data_key (position) ON DELETE CASCADE,
  version INTEGER NOT NULL CHECK (version >= 1),
  created_at INTEGER NOT NULL,
  root_key_version INTEGER NOT NULL REFERENCES root_key_version (position) ON DELETE RESTRICT,
  blob BLOB NOT NULL CHECK (length(blob) > 0),
  UNIQUE (data_key, version)
) STRICT;
CREATE INDEX data_key_version_root_key_version ON data_key_version (root_key_version);
`;

export const keyHierarchy: Migration = {
  name: 'key hierarchy',
  sql: STATE + ROOT_KEYS + DATA_KEYS + KEY_HIERARCHY_RULES,
};
