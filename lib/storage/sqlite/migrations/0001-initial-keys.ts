const RECORDS = `
CREATE TABLE key_record (
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  keystore INTEGER NOT NULL REFERENCES keystore (position) ON DELETE RESTRICT,
  local_id TEXT NOT NULL CHECK (local_id <> ''),
  sequence INTEGER NOT NULL CHECK (sequence >= 0),
  type TEXT NOT NULL CHECK (type <> ''),
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  origin TEXT NOT NULL CHECK (origin IN ('generated', 'imported')),
  state TEXT NOT NULL CHECK (state IN ('enabled', 'disabled', 'pendingDeletion', 'deleted')),
  deletion_requested_at INTEGER,
  destroy_at INTEGER,
  restores_to TEXT CHECK (restores_to IN ('enabled', 'disabled')),
  -- JSON, as canonicalJson writes it.
  key_ops TEXT CHECK (json_type(key_ops) = 'array' AND json_array_length(key_ops) > 0),
  tags TEXT CHECK (json_type(tags) = 'object' AND tags <> '{}'),
  policy TEXT CHECK (json_type(policy) = 'object'),
  description TEXT,
  -- When the server itself has to do something with it.
  due_at INTEGER,
  max_capability_chain_length INTEGER,
  public_alias TEXT,
  public_alias_template TEXT,
  mac BLOB NOT NULL CHECK (length(mac) > 0),
  mac_key_version INTEGER NOT NULL REFERENCES data_key_version (position) ON DELETE RESTRICT,
  name TEXT AS (tags ->> '$.name') VIRTUAL,
  UNIQUE (keystore, local_id),
  CHECK (json_type(tags, '$.name') IS NULL OR json_type(tags, '$.name') = 'text'),
  CHECK ((deletion_requested_at IS NULL) = (destroy_at IS NULL) AND (restores_to IS NULL) = (destroy_at IS NULL)),
  CHECK ((state IN ('pendingDeletion', 'deleted')) = (destroy_at IS NOT NULL)),
  CHECK (state <> 'deleted' OR (tags IS NULL AND due_at IS NULL))
) STRICT;
-- The position comes with every index entry: these serve a keystore's lists, of all keys and of those not deleted, and count.
CREATE INDEX key_record_keystore ON key_record (keystore);
CREATE INDEX key_record_kept ON key_record (keystore) WHERE state <> 'deleted';
CREATE UNIQUE INDEX key_record_name ON key_record (keystore, name) WHERE name IS NOT NULL;
CREATE INDEX key_record_due_at ON key_record (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX key_record_mac_key_version ON key_record (mac_key_version);

CREATE TRIGGER key_record_identity BEFORE UPDATE ON key_record
WHEN NEW.position <> OLD.position OR NEW.keystore <> OLD.keystore OR NEW.local_id <> OLD.local_id
  OR NEW.type <> OLD.type OR NEW.created_at <> OLD.created_at OR NEW.origin <> OLD.origin
  OR NEW.key_ops IS NOT OLD.key_ops
BEGIN SELECT RAISE(ABORT, 'key_record: its identity, type, origin and operations are immutable'); END;

CREATE TRIGGER key_record_deleted BEFORE UPDATE OF state ON key_record WHEN NEW.state <> OLD.state
BEGIN
  SELECT CASE
    WHEN OLD.state = 'deleted' THEN RAISE(ABORT, 'key_record: what is deleted stays so')
    WHEN NEW.state = 'deleted' AND EXISTS (
      SELECT 1 FROM key_version WHERE key = OLD.position AND state <> 'destroyed')
      THEN RAISE(ABORT, 'key_record: the material of its versions goes before it is deleted')
  END;
END;
`;

const VERSIONS = `
CREATE TABLE key_version (
  key INTEGER NOT NULL REFERENCES key_record (position) ON DELETE CASCADE,
  version INTEGER NOT NULL CHECK (version >= 1),
  created_at INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('enabled', 'disabled', 'destroyed')),
  public_key BLOB CHECK (length(public_key) > 0),
  material BLOB CHECK (length(material) > 0),
  -- What sealed the material; NULL: a module that seals nothing with the hierarchy.
  data_key_version INTEGER REFERENCES data_key_version (position) ON DELETE RESTRICT,
  -- JSON: DER in base64url, the key's own first.
  certificates TEXT CHECK (json_type(certificates) = 'array' AND json_array_length(certificates) > 0),
  PRIMARY KEY (key, version),
  CHECK ((material IS NULL) = (state = 'destroyed')),
  CHECK (data_key_version IS NULL OR material IS NOT NULL)
) STRICT, WITHOUT ROWID;
CREATE INDEX key_version_data_key_version ON key_version (data_key_version);

CREATE TRIGGER key_version_next BEFORE INSERT ON key_version
BEGIN
  SELECT CASE
    WHEN NEW.version <> 1 + (SELECT coalesce(max(version), 0) FROM key_version WHERE key = NEW.key)
      THEN RAISE(ABORT, 'key_version: versions count from 1 without a gap')
    WHEN NEW.state <> 'destroyed' AND (SELECT state FROM key_record WHERE position = NEW.key) = 'deleted'
      THEN RAISE(ABORT, 'key_version: the key is deleted')
  END;
END;

CREATE TRIGGER key_version_kept BEFORE DELETE ON key_version
WHEN EXISTS (SELECT 1 FROM key_record WHERE position = OLD.key)
BEGIN SELECT RAISE(ABORT, 'key_version: a version is kept while its key is there'); END;

CREATE TRIGGER key_version_identity BEFORE UPDATE ON key_version
WHEN NEW.key <> OLD.key OR NEW.version <> OLD.version OR NEW.created_at <> OLD.created_at
  OR NEW.public_key IS NOT OLD.public_key
BEGIN SELECT RAISE(ABORT, 'key_version: key, version, created_at and public_key are immutable'); END;

CREATE TRIGGER key_version_destroyed BEFORE UPDATE OF state ON key_version
WHEN OLD.state = 'destroyed' AND NEW.state <> 'destroyed'
BEGIN SELECT RAISE(ABORT, 'key_version: what is destroyed stays so'); END;
`;

/** How often versions were used, or may have been. It has no MAC: see docs/integrity.md. */
const USES = `
CREATE TABLE key_use (
  key INTEGER NOT NULL,
  version INTEGER NOT NULL,
  uses INTEGER NOT NULL CHECK (uses BETWEEN 1 AND ${Number.MAX_SAFE_INTEGER}),
  PRIMARY KEY (key, version),
  FOREIGN KEY (key, version) REFERENCES key_version (key, version) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TRIGGER key_use_grows BEFORE UPDATE ON key_use
WHEN NEW.key <> OLD.key OR NEW.version <> OLD.version OR NEW.uses < OLD.uses
BEGIN SELECT RAISE(ABORT, 'key_use: uses only grow'); END;
`;

export const KEYS = RECORDS + VERSIONS + USES;
