import {KEYS} from './0001-initial-keys.ts';
import type {Migration} from './migration.ts';

/**
 * The keys that the rows name are of the key hierarchy, whose tables the next migration makes: SQLite looks a referenced
 * table up when a row is written.
 *
 * `position` is the order of creation; AUTOINCREMENT never gives one twice, so cursors survive deletions.
 * Rows name their keystore by its position: a URL of 70 bytes is stored once.
 */
const KEYSTORES = `
CREATE TABLE keystore (
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE CHECK (id <> ''),
  sequence INTEGER NOT NULL CHECK (sequence >= 0),
  creator TEXT NOT NULL CHECK (creator <> ''),
  -- As posted: one DID, or a JSON array of them.
  controller TEXT,
  controllers TEXT CHECK (json_type(controllers) = 'array'),
  kms_module TEXT NOT NULL,
  meter_id TEXT,
  ip_allow_list TEXT CHECK (json_type(ip_allow_list) = 'array'),
  mac BLOB NOT NULL CHECK (length(mac) > 0),
  mac_key_version INTEGER NOT NULL REFERENCES data_key_version (position) ON DELETE RESTRICT,
  CHECK ((controller IS NULL) <> (controllers IS NULL))
) STRICT;
CREATE INDEX keystore_creator ON keystore (creator);
CREATE INDEX keystore_mac_key_version ON keystore (mac_key_version);

-- Its key is the order of listing: a controller's own keystores first, each group in order of creation.
CREATE TABLE keystore_controller (
  controller TEXT NOT NULL,
  -- 0: acknowledged, as this controller created or has updated the keystore. 1: only others have named it.
  named_by_others INTEGER NOT NULL CHECK (named_by_others IN (0, 1)),
  keystore INTEGER NOT NULL REFERENCES keystore (position) ON DELETE CASCADE,
  PRIMARY KEY (controller, named_by_others, keystore),
  UNIQUE (keystore, controller)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER keystore_identity BEFORE UPDATE ON keystore
WHEN NEW.position <> OLD.position OR NEW.id <> OLD.id OR NEW.creator <> OLD.creator
BEGIN SELECT RAISE(ABORT, 'keystore: position, id and creator are immutable'); END;
`;

const OWN_SCOPE = {
  keystore: {column: 'mac_key_version', scope: 'NEW.id'},
  key_record: {column: 'mac_key_version', scope: '(SELECT id FROM keystore WHERE position = NEW.keystore)'},
  key_version: {
    column: 'data_key_version',
    scope: `(SELECT k.id FROM key_record r JOIN keystore k ON k.position = r.keystore
       WHERE r.position = NEW.key)`,
  },
};

/** What is sealed or authenticated in a keystore is so with keys of its own scope. One that is gone is left to the reference. */
const SAME_SCOPE = Object.entries(OWN_SCOPE)
  .flatMap(([table, {column, scope}]) =>
    ['INSERT', 'UPDATE'].map(
      (event) => `
CREATE TRIGGER ${table}_scope_${event.toLowerCase()} BEFORE ${event} ON ${table}
WHEN (SELECT rk.scope FROM data_key_version v
    JOIN data_key d ON d.position = v.data_key
    JOIN root_key rk ON rk.position = d.root_key
  WHERE v.position = NEW.${column}) <> ${scope}
BEGIN SELECT RAISE(ABORT, '${table}: ${column} is of another keystore''s scope'); END;
`,
    ),
  )
  .join('');

const REVOCATIONS = `
CREATE TABLE revocation (
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  keystore INTEGER NOT NULL REFERENCES keystore (position) ON DELETE CASCADE,
  delegator TEXT NOT NULL,
  capability_id TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  revoker TEXT NOT NULL,
  revoked_at INTEGER NOT NULL,
  -- Whose share of the keystore's revocations it takes; NULL: nobody's.
  charged_to TEXT,
  UNIQUE (keystore, delegator, capability_id)
) STRICT;
CREATE INDEX revocation_keystore ON revocation (keystore);
CREATE INDEX revocation_charged_to ON revocation (keystore, charged_to) WHERE charged_to IS NOT NULL;
CREATE INDEX revocation_expires_at ON revocation (expires_at);

CREATE TRIGGER revocation_immutable BEFORE UPDATE ON revocation
BEGIN SELECT RAISE(ABORT, 'revocation: rows are immutable'); END;

-- In order of arrival, and so nearly of expiry: of its pages and those of its second index each commit touches the last.
CREATE TABLE replay (
  digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX replay_expires_at ON replay (expires_at);
`;

const PROBE = `
-- One row for the health check to write.
CREATE TABLE probe (id INTEGER PRIMARY KEY CHECK (id = 1), writes INTEGER NOT NULL) STRICT;
INSERT INTO probe VALUES (1, 0);
`;

export const initial: Migration = {name: 'initial', sql: KEYSTORES + KEYS + SAME_SCOPE + REVOCATIONS + PROBE};
