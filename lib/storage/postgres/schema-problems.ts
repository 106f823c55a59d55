import type {Table} from './migrations/table.ts';
import type {Trigger} from './migrations/trigger.ts';
import {isEnforced, readSchemaObjects} from './read-schema.ts';
import {expectedObjects} from './schema-objects.ts';
import type {Transaction} from './transaction.ts';

/** How the tables that are there differ from what this release makes: a part of a sentence each. */
export async function schemaProblems(
  tx: Pick<Transaction, 'query'>,
  {tables, triggers}: {readonly tables: readonly Table[]; readonly triggers: readonly Trigger[]},
): Promise<readonly string[]> {
  const names = tables.map(({name}) => name);
  const expected = new Map(expectedObjects(tables, triggers).map((object) => [object.name, object]));
  const found = await readSchemaObjects(tx, names);
  const there = new Set(found.map(({name}) => name));
  const missing = [...expected.keys()].filter((name) => !there.has(name));
  return [
    ...missing.map((name) => `the ${name} is missing`),
    ...found.flatMap(({name, table, definition}) => {
      const own = expected.get(name);
      if (!own) return [`${table} has the ${name}, which is not this release's`];
      return own.definition === definition && own.table === table ? [] : [`the ${name} is another`];
    }),
    ...((await isEnforced(tx, names)) ? [] : ['triggers of its tables are disabled']),
  ];
}
