import {ROOT_WRAPPER_RULES} from './0001-root-wrapper-rules.ts';
import {SCOPE_RULES} from './0001-scope-rules.ts';
import {
  check,
  neverTruncated,
  refuseWhere,
  rule,
  type Trigger,
  type TriggerEvent,
  type TriggerFunction,
} from './trigger.ts';

/**
 * Rules that constraints cannot say. `duplicate:`, `in use:` and `roots changed:` are words that driver-error.ts knows;
 * what else is refused is a defect of the caller. They hold for whoever writes, at READ COMMITTED, where a function sees
 * what was committed before each of its statements; at stricter levels the commit of the later of two changes fails.
 */

const STATE = [
  rule({
    name: 'hierarchy_state_kept',
    table: 'hierarchy_state',
    at: 'BEFORE ROW',
    events: ['INSERT', 'DELETE'],
    body: check(['true', 'hierarchy_state: has one row']),
  }),
  rule({
    name: 'hierarchy_state_grows',
    table: 'hierarchy_state',
    at: 'BEFORE ROW',
    events: ['UPDATE'],
    body: check([
      `NEW.id <> OLD.id OR NEW.schema_version < OLD.schema_version
    OR NEW.collection_version < OLD.collection_version`,
      'hierarchy_state: its versions only grow',
    ]),
  }),
];

/** Once in a transaction, as its last statement: others that change the hierarchy wait from then to its commit. */
const changed: TriggerFunction = {
  name: 'hierarchy_changed',
  body: `
DECLARE this_transaction text := pg_current_xact_id()::text;
BEGIN
  IF current_setting('webkms.counted_in', true) IS NOT DISTINCT FROM this_transaction THEN RETURN NULL; END IF;
  UPDATE hierarchy_state SET collection_version = collection_version + 1 WHERE id = 1;
  ${refuseWhere(['NOT FOUND', 'hierarchy_state: its row is missing'])}
  PERFORM set_config('webkms.counted_in', this_transaction, true);
  RETURN NULL;
END
`,
};

const CHANGES: Readonly<Record<string, readonly TriggerEvent[]>> = {
  root_wrapper: ['INSERT', 'UPDATE', 'DELETE'],
  root_key: ['INSERT', 'DELETE'],
  root_key_version: ['INSERT', 'DELETE'],
  sealed_root_key_version: ['INSERT', 'DELETE'],
  data_key: ['INSERT', 'DELETE'],
  data_key_version: ['INSERT', 'UPDATE', 'DELETE'],
};

const COLLECTION_VERSION = Object.entries(CHANGES).map(([table, events]): Trigger => ({
  name: `${table}_changed`,
  table,
  at: 'COMMIT',
  events,
  function: changed,
}));

export const KEY_HIERARCHY_RULES: readonly Trigger[] = [
  ...STATE,
  ...ROOT_WRAPPER_RULES,
  ...SCOPE_RULES,
  ...COLLECTION_VERSION,
  ...['hierarchy_state', ...Object.keys(CHANGES)].map(neverTruncated),
];
