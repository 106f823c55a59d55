import type {Migration} from './migration.ts';

/**
 * Every level has versions. What may change after insertion is only how a version is sealed: its blob, and for a data
 * key version which root key version it is sealed under.
 */
const ROOT_KEYS = `
CREATE TABLE root_wrapper (
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE CHECK (id <> ''),
  uri TEXT NOT NULL CHECK (uri <> ''),
  wrapper_key_id TEXT NOT NULL CHECK (wrapper_key_id <> ''),
  parameters TEXT CHECK (parameters <> ''),
  created_at INTEGER NOT NULL
) STRICT;

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

CREATE TRIGGER root_wrapper_identity BEFORE UPDATE ON root_wrapper
WHEN NEW.position <> OLD.position OR NEW.id <> OLD.id OR NEW.wrapper_key_id <> OLD.wrapper_key_id
  OR NEW.parameters IS NOT OLD.parameters OR NEW.created_at <> OLD.created_at
BEGIN SELECT RAISE(ABORT, 'root_wrapper: only its uri may change'); END;

CREATE TRIGGER root_key_immutable BEFORE UPDATE ON root_key
BEGIN SELECT RAISE(ABORT, 'root_key: rows are immutable'); END;

CREATE TRIGGER root_key_version_immutable BEFORE UPDATE ON root_key_version
BEGIN SELECT RAISE(ABORT, 'root_key_version: rows are immutable'); END;

CREATE TRIGGER sealed_root_key_version_identity BEFORE UPDATE ON sealed_root_key_version
WHEN NEW.root_key_version <> OLD.root_key_version OR NEW.root_wrapper <> OLD.root_wrapper
BEGIN SELECT RAISE(ABORT, 'sealed_root_key_version: only its blob may change'); END;
`;

const DATA_KEYS = `
CREATE TABLE data_key (
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE CHECK (id <> ''),
  root_key INTEGER NOT NULL REFERENCES root_key (position) ON DELETE CASCADE,
  purpose TEXT NOT NULL CHECK (purpose <> ''),
  UNIQUE (root_key, purpose)
) STRICT;

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

CREATE TRIGGER data_key_immutable BEFORE UPDATE ON data_key
BEGIN SELECT RAISE(ABORT, 'data_key: rows are immutable'); END;

CREATE TRIGGER data_key_version_identity BEFORE UPDATE ON data_key_version
WHEN NEW.position <> OLD.position OR NEW.id <> OLD.id OR NEW.data_key <> OLD.data_key
  OR NEW.version <> OLD.version OR NEW.created_at <> OLD.created_at
BEGIN SELECT RAISE(ABORT, 'data_key_version: only root_key_version and blob may change'); END;
`;

/** A data key version is sealed under its own scope's root key. */
const SAME_SCOPE = ['INSERT', 'UPDATE']
  .map(
    (event) => `
CREATE TRIGGER data_key_version_scope_${event.toLowerCase()} BEFORE ${event} ON data_key_version
WHEN (SELECT root_key FROM data_key WHERE position = NEW.data_key)
  <> (SELECT root_key FROM root_key_version WHERE position = NEW.root_key_version)
BEGIN SELECT RAISE(ABORT, 'data_key_version: sealed under another scope''s root key'); END;
`,
  )
  .join('');

export const keyHierarchy: Migration = {name: 'key hierarchy', sql: ROOT_KEYS + DATA_KEYS + SAME_SCOPE};
