/**
 * Rules that constraints cannot say, as triggers. `duplicate:`, `in use:` and `roots changed:` are words that
 * driver-error.ts knows; what else is refused is a defect of the caller.
 */

/** The newest is needed while its key is there: when the key is deleted, its row goes first. */
const numbered = (table: string, parent: string): string => `
CREATE TRIGGER ${table}_next BEFORE INSERT ON ${table}
BEGIN
  SELECT CASE
    WHEN EXISTS (SELECT 1 FROM ${table} WHERE id = NEW.id OR position = NEW.position)
      OR NEW.version <= (SELECT max(version) FROM ${table} WHERE ${parent} = NEW.${parent})
      THEN RAISE(ABORT, 'duplicate: Another has added that version')
    WHEN NEW.version <> 1 + (SELECT coalesce(max(version), 0) FROM ${table} WHERE ${parent} = NEW.${parent})
      THEN RAISE(ABORT, '${table}: versions count from 1 without a gap')
  END;
END;

CREATE TRIGGER ${table}_newest BEFORE DELETE ON ${table}
WHEN OLD.version = (SELECT max(version) FROM ${table} WHERE ${parent} = OLD.${parent})
  AND EXISTS (SELECT 1 FROM ${parent} WHERE position = OLD.${parent})
BEGIN SELECT RAISE(ABORT, 'in use: It is the newest version of its key'); END;
`;

/** INSERT OR REPLACE would delete a row, and what hangs on it, without a DELETE that triggers see. */
const notReplaced = (table: string, same: string): string => `
CREATE TRIGGER ${table}_replace BEFORE INSERT ON ${table} WHEN EXISTS (SELECT 1 FROM ${table} WHERE ${same})
BEGIN SELECT RAISE(ABORT, 'duplicate: A record with that identity exists'); END;
`;

const immutable = (table: string): string => `
CREATE TRIGGER ${table}_immutable BEFORE UPDATE ON ${table}
BEGIN SELECT RAISE(ABORT, '${table}: rows are immutable'); END;
`;

const STATE = `
CREATE TRIGGER hierarchy_state_only_row BEFORE INSERT ON hierarchy_state
BEGIN SELECT RAISE(ABORT, 'hierarchy_state: has one row'); END;

CREATE TRIGGER hierarchy_state_kept BEFORE DELETE ON hierarchy_state
BEGIN SELECT RAISE(ABORT, 'hierarchy_state: has one row'); END;

CREATE TRIGGER hierarchy_state_grows BEFORE UPDATE ON hierarchy_state
WHEN NEW.id <> OLD.id OR NEW.schema_version < OLD.schema_version
  OR NEW.collection_version < OLD.collection_version
BEGIN SELECT RAISE(ABORT, 'hierarchy_state: its versions only grow'); END;
`;

/** What of the set of root wrappers always holds: an active one opens every root key version that seals anything. */
const ROOT_WRAPPERS = `
CREATE TRIGGER root_wrapper_first_state BEFORE INSERT ON root_wrapper
WHEN NEW.state = 'retiring' OR (NEW.state = 'active' AND EXISTS (SELECT 1 FROM root_key_version))
BEGIN SELECT RAISE(ABORT, 'root_wrapper: a new one is adding, or active where there are no keys yet'); END;

CREATE TRIGGER root_wrapper_identity BEFORE UPDATE ON root_wrapper
WHEN NEW.position <> OLD.position OR NEW.id <> OLD.id OR NEW.wrapper_key_id <> OLD.wrapper_key_id
  OR NEW.parameters IS NOT OLD.parameters OR NEW.created_at <> OLD.created_at
BEGIN SELECT RAISE(ABORT, 'root_wrapper: only its uri, state and sealer may change'); END;

CREATE TRIGGER root_wrapper_state BEFORE UPDATE OF state ON root_wrapper WHEN NEW.state <> OLD.state
BEGIN
  SELECT CASE
    WHEN OLD.state = 'active' AND NEW.state = 'adding'
      THEN RAISE(ABORT, 'in use: An active root wrapper can only be retired')
    WHEN NEW.state = 'active' AND EXISTS (
      SELECT 1 FROM root_key_version v WHERE NOT EXISTS (
        SELECT 1 FROM sealed_root_key_version
        WHERE root_key_version = v.position AND root_wrapper = OLD.position))
      THEN RAISE(ABORT, 'in use: Not every root key is sealed under the root wrapper yet')
    WHEN NEW.state = 'retiring' AND NOT EXISTS (
      SELECT 1 FROM root_wrapper WHERE state = 'active' AND position <> OLD.position)
      THEN RAISE(ABORT, 'in use: No other root wrapper is active')
    WHEN NEW.state = 'retiring' AND EXISTS (
      SELECT 1 FROM root_key_version v WHERE NOT EXISTS (
        SELECT 1 FROM sealed_root_key_version s JOIN root_wrapper w ON w.position = s.root_wrapper
        WHERE s.root_key_version = v.position AND w.state = 'active' AND w.position <> OLD.position))
      THEN RAISE(ABORT, 'in use: Not every root key is sealed under another root wrapper that is active')
  END;
END;

CREATE TRIGGER root_wrapper_active BEFORE DELETE ON root_wrapper WHEN OLD.state = 'active'
BEGIN SELECT RAISE(ABORT, 'in use: The root wrapper is active'); END;

CREATE TRIGGER sealed_root_key_version_retiring BEFORE INSERT ON sealed_root_key_version
WHEN (SELECT state FROM root_wrapper WHERE position = NEW.root_wrapper) = 'retiring'
BEGIN SELECT RAISE(ABORT, 'roots changed: The root wrapper is being retired'); END;

CREATE TRIGGER sealed_root_key_version_kept BEFORE DELETE ON sealed_root_key_version
WHEN EXISTS (SELECT 1 FROM root_key_version WHERE position = OLD.root_key_version)
BEGIN
  SELECT CASE
    WHEN (SELECT state FROM root_wrapper WHERE position = OLD.root_wrapper) = 'active'
      THEN RAISE(ABORT, 'in use: The root wrapper is active')
    WHEN NOT EXISTS (
      SELECT 1 FROM sealed_root_key_version s JOIN root_wrapper w ON w.position = s.root_wrapper
      WHERE s.root_key_version = OLD.root_key_version AND s.root_wrapper <> OLD.root_wrapper
        AND w.state = 'active')
      THEN RAISE(ABORT, 'in use: Nothing else has the root key sealed')
  END;
END;
`;

/** Data keys hold on to root key versions (RESTRICT), so they go before them: SQLite does not say in which order it cascades. */
const SCOPES = `
CREATE TRIGGER root_key_data_keys BEFORE DELETE ON root_key
BEGIN DELETE FROM data_key WHERE root_key = OLD.position; END;
`;

/** Sealed by its own scope's root key, which an active root wrapper opens; and again only by a newer version of it. */
const DATA_KEY_VERSIONS = ['INSERT', 'UPDATE']
  .map(
    (event) => `
CREATE TRIGGER data_key_version_${event.toLowerCase()} BEFORE ${event} ON data_key_version
BEGIN
  SELECT CASE
    WHEN (SELECT root_key FROM data_key WHERE position = NEW.data_key)
      <> (SELECT root_key FROM root_key_version WHERE position = NEW.root_key_version)
      THEN RAISE(ABORT, 'data_key_version: sealed under another scope''s root key')
    WHEN NOT EXISTS (
      SELECT 1 FROM sealed_root_key_version s JOIN root_wrapper w ON w.position = s.root_wrapper
      WHERE s.root_key_version = NEW.root_key_version AND w.state = 'active')
      THEN RAISE(ABORT, 'data_key_version: sealed under a root key that nothing opens')
  END;
END;
`,
  )
  .join('');

const RESEALING = `
CREATE TRIGGER data_key_version_identity BEFORE UPDATE ON data_key_version
WHEN NEW.position <> OLD.position OR NEW.id <> OLD.id OR NEW.data_key <> OLD.data_key
  OR NEW.version <> OLD.version OR NEW.created_at <> OLD.created_at
BEGIN SELECT RAISE(ABORT, 'data_key_version: only root_key_version and blob may change'); END;

CREATE TRIGGER data_key_version_resealed BEFORE UPDATE ON data_key_version
WHEN (NEW.blob IS NOT OLD.blob OR NEW.root_key_version IS NOT OLD.root_key_version) AND (
  NEW.blob IS OLD.blob
  OR (SELECT version FROM root_key_version WHERE position = NEW.root_key_version)
    <= (SELECT version FROM root_key_version WHERE position = OLD.root_key_version))
BEGIN SELECT RAISE(ABORT, 'data_key_version: sealed again by a newer version of the root key only'); END;
`;

/** Tables whose rows are never updated need no trigger for it. */
const CHANGES: Readonly<Record<string, readonly string[]>> = {
  root_wrapper: ['INSERT', 'UPDATE', 'DELETE'],
  root_key: ['INSERT', 'DELETE'],
  root_key_version: ['INSERT', 'DELETE'],
  sealed_root_key_version: ['INSERT', 'DELETE'],
  data_key: ['INSERT', 'DELETE'],
  data_key_version: ['INSERT', 'UPDATE', 'DELETE'],
};

const COLLECTION_VERSION = Object.entries(CHANGES)
  .flatMap(([table, events]) => events.map((event) => ({table, event})))
  .map(
    ({table, event}) => `
CREATE TRIGGER ${table}_changed_by_${event.toLowerCase()} AFTER ${event} ON ${table}
BEGIN UPDATE hierarchy_state SET collection_version = collection_version + 1 WHERE id = 1; END;
`,
  )
  .join('');

export const KEY_HIERARCHY_RULES = [
  STATE,
  ROOT_WRAPPERS,
  notReplaced(
    'root_wrapper',
    'position = NEW.position OR id = NEW.id OR wrapper_key_id = NEW.wrapper_key_id',
  ),
  notReplaced('root_key', 'position = NEW.position OR id = NEW.id OR scope = NEW.scope'),
  notReplaced(
    'sealed_root_key_version',
    'root_key_version = NEW.root_key_version AND root_wrapper = NEW.root_wrapper',
  ),
  notReplaced(
    'data_key',
    'position = NEW.position OR id = NEW.id OR (root_key = NEW.root_key AND purpose = NEW.purpose)',
  ),
  ...['root_key', 'root_key_version', 'sealed_root_key_version', 'data_key'].map(immutable),
  numbered('root_key_version', 'root_key'),
  numbered('data_key_version', 'data_key'),
  SCOPES,
  DATA_KEY_VERSIONS,
  RESEALING,
  COLLECTION_VERSION,
].join('');
