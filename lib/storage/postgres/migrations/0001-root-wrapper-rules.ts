import {lockRoots, ROOTS_LOCK} from './0001-roots-lock.ts';
import {check, checkDeletion, immutable, refuseWhere, rule, type Trigger} from './trigger.ts';

const isLackedByActive = (wrapper: string): string => `EXISTS (
    SELECT 1 FROM root_key_version v WHERE NOT EXISTS (
      SELECT 1 FROM sealed_root_key_version s JOIN root_wrapper w ON w.position = s.root_wrapper
      WHERE s.root_key_version = v.position AND w.state = 'active' AND w.position <> ${wrapper}))`;

/** What of the set of root wrappers always holds: an active one opens every root key version that seals anything. */
const ROOT_WRAPPERS: readonly Trigger[] = [
  rule({
    name: 'root_wrapper_set',
    table: 'root_wrapper',
    at: 'BEFORE STATEMENT',
    events: ['INSERT', 'UPDATE', 'DELETE'],
    body: lockRoots(''),
  }),
  rule({
    name: 'root_wrapper_first_state',
    table: 'root_wrapper',
    at: 'BEFORE ROW',
    events: ['INSERT'],
    body: check([
      `NEW.state = 'retiring' OR (NEW.state = 'active' AND EXISTS (SELECT 1 FROM root_key_version))`,
      'root_wrapper: a new one is adding, or active where there are no keys yet',
    ]),
  }),
  rule({
    name: 'root_wrapper_identity',
    table: 'root_wrapper',
    at: 'BEFORE ROW',
    events: ['UPDATE'],
    body: check([
      `NEW.position <> OLD.position OR NEW.id <> OLD.id OR NEW.wrapper_key_id <> OLD.wrapper_key_id
    OR NEW.parameters IS DISTINCT FROM OLD.parameters OR NEW.created_at <> OLD.created_at`,
      'root_wrapper: only its uri, state and sealer may change',
    ]),
  }),
  rule({
    name: 'root_wrapper_state',
    table: 'root_wrapper',
    at: 'BEFORE ROW',
    events: ['UPDATE'],
    body: `
BEGIN
  IF NEW.state = OLD.state THEN RETURN NEW; END IF;
  ${refuseWhere(
    [`OLD.state = 'active' AND NEW.state = 'adding'`, 'in use: An active root wrapper can only be retired'],
    [
      `NEW.state = 'active' AND EXISTS (
    SELECT 1 FROM root_key_version v WHERE NOT EXISTS (
      SELECT 1 FROM sealed_root_key_version
      WHERE root_key_version = v.position AND root_wrapper = OLD.position))`,
      'in use: Not every root key is sealed under the root wrapper yet',
    ],
    [
      `NEW.state = 'retiring' AND NOT EXISTS (
    SELECT 1 FROM root_wrapper WHERE state = 'active' AND position <> OLD.position)`,
      'in use: No other root wrapper is active',
    ],
    [
      `NEW.state = 'retiring' AND ${isLackedByActive('OLD.position')}`,
      'in use: Not every root key is sealed under another root wrapper that is active',
    ],
  )}
  RETURN NEW;
END
`,
  }),
  rule({
    name: 'root_wrapper_active',
    table: 'root_wrapper',
    at: 'BEFORE ROW',
    events: ['DELETE'],
    body: checkDeletion([`OLD.state = 'active'`, 'in use: The root wrapper is active']),
  }),
];

const SEALED: readonly Trigger[] = [
  rule({
    name: 'sealed_root_key_version_set',
    table: 'sealed_root_key_version',
    at: 'BEFORE STATEMENT',
    events: ['INSERT'],
    body: lockRoots('_shared'),
  }),
  rule({
    name: 'sealed_root_key_version_retiring',
    table: 'sealed_root_key_version',
    at: 'BEFORE ROW',
    events: ['INSERT'],
    body: check([
      `(SELECT state FROM root_wrapper WHERE position = NEW.root_wrapper) = 'retiring'`,
      'roots changed: The root wrapper is being retired',
    ]),
  }),
  immutable('sealed_root_key_version'),
  // It goes with its root key version, whatever the root wrapper; no lock is waited for then.
  rule({
    name: 'sealed_root_key_version_kept',
    table: 'sealed_root_key_version',
    at: 'BEFORE ROW',
    events: ['DELETE'],
    body: `
BEGIN
  IF NOT EXISTS (SELECT 1 FROM root_key_version WHERE position = OLD.root_key_version) THEN RETURN OLD; END IF;
  PERFORM pg_advisory_xact_lock_shared(${ROOTS_LOCK});
  ${refuseWhere(
    [
      `(SELECT state FROM root_wrapper WHERE position = OLD.root_wrapper) = 'active'`,
      'in use: The root wrapper is active',
    ],
    [
      `NOT EXISTS (
    SELECT 1 FROM sealed_root_key_version s JOIN root_wrapper w ON w.position = s.root_wrapper
    WHERE s.root_key_version = OLD.root_key_version AND s.root_wrapper <> OLD.root_wrapper
      AND w.state = 'active')`,
      'in use: Nothing else has the root key sealed',
    ],
  )}
  RETURN OLD;
END
`,
  }),
];

export const ROOT_WRAPPER_RULES = [...ROOT_WRAPPERS, ...SEALED];
