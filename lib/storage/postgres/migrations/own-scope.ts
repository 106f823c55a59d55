import {check, rule, type Trigger} from './trigger.ts';

/**
 * What is sealed or authenticated in a keystore is so with keys of its own scope. One that is gone is left to the reference.
 * @param scope the keystore's id, of the row NEW
 */
export const ownScope = ({
  table,
  column,
  scope,
}: Readonly<Record<'table' | 'column' | 'scope', string>>): Trigger =>
  rule({
    name: `${table}_scope`,
    table,
    at: 'BEFORE ROW',
    events: ['INSERT', 'UPDATE'],
    body: check([
      `(TG_OP = 'INSERT' OR NEW.${column} IS DISTINCT FROM OLD.${column}) AND
    (SELECT rk.scope FROM data_key_version v
       JOIN data_key d ON d.position = v.data_key
       JOIN root_key rk ON rk.position = d.root_key
     WHERE v.position = NEW.${column}) <> ${scope}`,
      `${table}: ${column} is of another keystore's scope`,
    ]),
  });
