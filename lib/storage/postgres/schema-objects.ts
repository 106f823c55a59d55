import {indexSql, type Column, type Table} from './migrations/table.ts';
import type {Trigger, TriggerEvent} from './migrations/trigger.ts';

/** A part of the schema, as it is compared. */
export interface SchemaObject {
  /** E.g. `table root_key`, `column root_key.id`. */
  readonly name: string;
  readonly table: string;
  readonly definition: string;
}

/** Without what the server adds where it tells of an expression: casts, parentheses, quotes of names and of large numbers. */
export const plainSql = (sql: string): string =>
  sql
    .replaceAll(/::\w+(?:\[\])?/g, '')
    .replaceAll(/'(\d+)'/g, '$1')
    .replaceAll(/["()\s]/g, '')
    .toLowerCase();

const columnDefinition = ({type, nullable, identity}: Column): string =>
  [type, type === 'text' ? 'C' : '', nullable ? 'null' : 'not null', identity ? 'identity' : '']
    .filter(Boolean)
    .join(' ');

function tableObjects({name: table, columns, constraints, indexes = {}}: Table): readonly SchemaObject[] {
  return [
    // An ordinary table, whose rows outlive a crash, all of which everybody sees, and no rules of rewriting.
    {name: `table ${table}`, table, definition: 'r p false false'},
    ...Object.entries(columns).map(([column, definition]) => ({
      name: `column ${table}.${column}`,
      table,
      definition: columnDefinition(definition),
    })),
    ...Object.entries(constraints).map(([constraint, definition]) => ({
      name: `constraint ${constraint}`,
      table,
      definition: plainSql(definition),
    })),
    ...Object.entries(indexes).map(([index, definition]) => ({
      name: `index ${index}`,
      table,
      definition: plainSql(indexSql(table, index, definition).slice(0, -1)),
    })),
  ];
}

/** Bits of pg_trigger.tgtype. */
const EVENT_BITS: Readonly<Record<TriggerEvent, number>> = {INSERT: 4, DELETE: 8, UPDATE: 16, TRUNCATE: 32};
const AT_BITS: Readonly<Record<Trigger['at'], number>> = {'BEFORE ROW': 3, 'BEFORE STATEMENT': 2, COMMIT: 1};

const triggerObject = ({
  name,
  table,
  at,
  events,
  function: {name: functionName, body},
}: Trigger): SchemaObject => ({
  name: `trigger ${name}`,
  table,
  definition: [
    events.reduce((bits, event) => bits + EVENT_BITS[event], AT_BITS[at]),
    at === 'COMMIT' ? 'deferred' : 'immediate',
    'O',
    functionName,
    body,
  ].join(' '),
});

/** What this release makes. */
export const expectedObjects = (
  tables: readonly Table[],
  triggers: readonly Trigger[],
): readonly SchemaObject[] => [...tables.flatMap(tableObjects), ...triggers.map(triggerObject)];
