import {lockRoots} from './0001-roots-lock.ts';
import {check, checkDeletion, immutable, refuseWhere, rule, type Trigger} from './trigger.ts';

/**
 * The newest is needed while its key is there: when the key is deleted, its row goes first. Of two who add the same
 * version at the same time the unique constraint lets one; no lock is needed, since what is seen here stays.
 */
const numbered = (table: string, parent: string): readonly Trigger[] => [
  rule({
    name: `${table}_next`,
    table,
    at: 'BEFORE ROW',
    events: ['INSERT'],
    body: `
DECLARE newest bigint := (SELECT coalesce(max(version), 0) FROM ${table} WHERE ${parent} = NEW.${parent});
BEGIN
  ${refuseWhere(
    ['NEW.version <= newest', 'duplicate: Another has added that version'],
    ['NEW.version <> newest + 1', `${table}: versions count from 1 without a gap`],
  )}
  RETURN NEW;
END
`,
  }),
  rule({
    name: `${table}_newest`,
    table,
    at: 'BEFORE ROW',
    events: ['DELETE'],
    body: checkDeletion([
      `OLD.version = (SELECT max(version) FROM ${table} WHERE ${parent} = OLD.${parent})
    AND EXISTS (SELECT 1 FROM ${parent} WHERE position = OLD.${parent})`,
      'in use: It is the newest version of its key',
    ]),
  }),
];

const SCOPES = [
  ...['root_key', 'root_key_version', 'data_key'].map(immutable),
  rule({
    name: 'root_key_version_set',
    table: 'root_key_version',
    at: 'BEFORE STATEMENT',
    events: ['INSERT'],
    body: lockRoots('_shared'),
  }),
  // Data keys hold on to root key versions (RESTRICT), so they go before them. Their versions are locked in the order in
  // which a row that names several locks them.
  rule({
    name: 'root_key_data_keys',
    table: 'root_key',
    at: 'BEFORE ROW',
    events: ['DELETE'],
    body: `
BEGIN
  PERFORM FROM data_key_version v JOIN data_key d ON d.position = v.data_key WHERE d.root_key = OLD.position
    ORDER BY v.position FOR UPDATE OF v;
  DELETE FROM data_key WHERE root_key = OLD.position;
  RETURN OLD;
END
`,
  }),
];

/** Sealed by its own scope's root key, which an active root wrapper opens; and again only by a newer version of it. */
const DATA_KEY_VERSIONS = [
  rule({
    name: 'data_key_version_sealed',
    table: 'data_key_version',
    at: 'BEFORE ROW',
    events: ['INSERT', 'UPDATE'],
    body: check(
      [
        `(SELECT root_key FROM data_key WHERE position = NEW.data_key)
    <> (SELECT root_key FROM root_key_version WHERE position = NEW.root_key_version)`,
        "data_key_version: sealed under another scope's root key",
      ],
      [
        `NOT EXISTS (
    SELECT 1 FROM sealed_root_key_version s JOIN root_wrapper w ON w.position = s.root_wrapper
    WHERE s.root_key_version = NEW.root_key_version AND w.state = 'active')`,
        'data_key_version: sealed under a root key that nothing opens',
      ],
    ),
  }),
  rule({
    name: 'data_key_version_identity',
    table: 'data_key_version',
    at: 'BEFORE ROW',
    events: ['UPDATE'],
    body: check([
      `NEW.position <> OLD.position OR NEW.id <> OLD.id OR NEW.data_key <> OLD.data_key
    OR NEW.version <> OLD.version OR NEW.created_at <> OLD.created_at`,
      'data_key_version: only root_key_version and blob may change',
    ]),
  }),
  rule({
    name: 'data_key_version_resealed',
    table: 'data_key_version',
    at: 'BEFORE ROW',
    events: ['UPDATE'],
    body: check([
      `(NEW.blob <> OLD.blob OR NEW.root_key_version <> OLD.root_key_version) AND (
    NEW.blob = OLD.blob
    OR (SELECT version FROM root_key_version WHERE position = NEW.root_key_version)
      <= (SELECT version FROM root_key_version WHERE position = OLD.root_key_version))`,
      'data_key_version: sealed again by a newer version of the root key only',
    ]),
  }),
];

export const SCOPE_RULES: readonly Trigger[] = [
  ...SCOPES,
  ...numbered('root_key_version', 'root_key'),
  ...numbered('data_key_version', 'data_key'),
  ...DATA_KEY_VERSIONS,
];
