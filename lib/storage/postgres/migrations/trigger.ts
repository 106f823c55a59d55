export type TriggerEvent = 'INSERT' | 'UPDATE' | 'DELETE' | 'TRUNCATE';

/** A rule that constraints cannot say. */
export interface Trigger {
  readonly name: string;
  readonly table: string;
  /** `COMMIT`: for each row, when its transaction commits. */
  readonly at: 'BEFORE ROW' | 'BEFORE STATEMENT' | 'COMMIT';
  readonly events: readonly TriggerEvent[];
  readonly function: TriggerFunction;
}

export interface TriggerFunction {
  readonly name: string;
  /** plpgsql, from DECLARE or BEGIN to END. */
  readonly body: string;
}

/** A trigger with a function of its own, of the same name. */
export const rule = ({body, ...trigger}: Omit<Trigger, 'function'> & {readonly body: string}): Trigger => ({
  ...trigger,
  function: {name: trigger.name, body},
});

type Refusal = readonly [condition: string, message: string];

/** Conditions, and what is raised where one holds; what comes before a colon says to callers what it means to them. */
export const refuseWhere = (...refusals: readonly Refusal[]): string =>
  refusals
    .map(([condition, message]) => `IF ${condition} THEN RAISE EXCEPTION '${quoted(message)}'; END IF;`)
    .join('\n  ');

const quoted = (text: string): string => text.replaceAll("'", "''").replaceAll('%', '%%');

/** The body of a function that refuses a row as it is to be written. */
export const check = (...refusals: readonly Refusal[]): string => `
BEGIN
  ${refuseWhere(...refusals)}
  RETURN NEW;
END
`;

/** The same for a row that is to be deleted. */
export const checkDeletion = (...refusals: readonly Refusal[]): string => `
BEGIN
  ${refuseWhere(...refusals)}
  RETURN OLD;
END
`;

export const immutable = (table: string): Trigger =>
  rule({
    name: `${table}_immutable`,
    table,
    at: 'BEFORE ROW',
    events: ['UPDATE'],
    body: check(['true', `${table}: rows are immutable`]),
  });

/** Made by the first migration, for the tables of all. */
export const refuseTruncate: TriggerFunction = {
  name: 'refuse_truncate',
  body: check(['true', 'tables of this store are never truncated']),
};

/** Row triggers do not see it. */
export const neverTruncated = (table: string): Trigger => ({
  name: `${table}_truncate`,
  table,
  at: 'BEFORE STATEMENT',
  events: ['TRUNCATE'],
  function: refuseTruncate,
});

/** Its names mean the tables beside it, whatever the path of the session that it runs in. */
export const functionSql = ({name, body}: TriggerFunction): string =>
  `CREATE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $rule$${body}$rule$;\n`;

export function triggerSql({name, table, at, events, function: {name: functionName}}: Trigger): string {
  const on = `${events.join(' OR ')} ON ${table}`;
  const does = `EXECUTE FUNCTION ${functionName}();\n`;
  if (at === 'COMMIT') {
    return `CREATE CONSTRAINT TRIGGER ${name} AFTER ${on} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW ${does}`;
  }
  const [when, each] = at.split(' ') as ['BEFORE', 'ROW' | 'STATEMENT'];
  return `CREATE TRIGGER ${name} ${when} ${on} FOR EACH ${each} ${does}`;
}

/** With the functions that they call, but for `refuseTruncate`. */
export function rulesSql(triggers: readonly Trigger[]): string {
  const functions = new Map(triggers.map((trigger) => [trigger.function.name, trigger.function]));
  functions.delete(refuseTruncate.name);
  return [...[...functions.values()].map(functionSql), ...triggers.map(triggerSql)].join('');
}
