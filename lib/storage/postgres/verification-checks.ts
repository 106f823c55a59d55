import {verificationRules} from '../verification-rules.ts';
import {boolean, type Row, text} from './row.ts';
import {schemaProblems} from './schema-problems.ts';
import {ALL_TABLES, ALL_TRIGGERS} from './schema-tables.ts';
import {statement, type Statement} from './statement.ts';
import type {Transaction} from './transaction.ts';

/** @returns a sentence for each thing that is wrong */
export type VerificationCheck = (tx: Pick<Transaction, 'query'>) => Promise<readonly string[]>;

/** As many sentences as one check gives. */
const MOST_OF_A_CHECK = 100;

const checkSchema: VerificationCheck = async (tx) =>
  (await schemaProblems(tx, {tables: ALL_TABLES, triggers: ALL_TRIGGERS})).map(
    (problem) => `The schema is not this release's: ${problem}.`,
  );

/** Also what is stored outside of its row: what the server finds broken in that, it says. */
const checkReadability = ALL_TABLES.map(({name}): VerificationCheck => {
  const read = statement(`SELECT sum(octet_length(t::text)) FROM ${name} t`);
  return async (tx) => {
    await tx.query(read);
    return [];
  };
});

const sentences =
  (sql: Statement): VerificationCheck =>
  async (tx) =>
    (await tx.query(sql)).map((row) => text(row, 'problem'));

const select = (sql: string): VerificationCheck =>
  sentences(statement(`SELECT problem FROM (${sql}) found (problem) LIMIT ${MOST_OF_A_CHECK}`));

interface Reference {
  readonly table: string;
  readonly columns: readonly string[];
  readonly parent: string;
  readonly parentColumns: readonly string[];
}

const FOREIGN_KEY = /^FOREIGN KEY \((.+?)\) REFERENCES (\w+)\((.+?)\)/;

function toReference(table: string, definition: string): Reference[] {
  const [, columns, parent, parentColumns] = FOREIGN_KEY.exec(definition) ?? [];
  if (columns === undefined || parent === undefined || parentColumns === undefined) return [];
  return [{table, columns: columns.split(', '), parent, parentColumns: parentColumns.split(', ')}];
}

const REFERENCES: readonly Reference[] = ALL_TABLES.flatMap(({name, constraints}) =>
  Object.values(constraints).flatMap((definition) => toReference(name, definition)),
);

/** Rows that name a row which is not there: written or left so while nothing looked. */
const checkReference = ({table, columns, parent, parentColumns}: Reference): VerificationCheck =>
  select(`SELECT 'A row of ${table} refers to a row of ${parent} that is not there (' ||
      concat_ws(', ', ${columns.map((column) => `'${column} ' || c.${column}`).join(', ')}) || ').'
    FROM ${table} c
    WHERE ${columns.map((column) => `c.${column} IS NOT NULL`).join(' AND ')}
      AND NOT EXISTS (SELECT 1 FROM ${parent} p
        WHERE ${columns.map((column, index) => `p.${parentColumns[index] ?? ''} = c.${column}`).join(' AND ')})`);

const checkConstraint = (table: string, name: string, condition: string): VerificationCheck =>
  select(
    `SELECT 'A row of ${table} does not meet its constraint ${name}.' FROM ${table} WHERE NOT (${condition})`,
  );

const CONSTRAINT_CHECKS = ALL_TABLES.flatMap(({name: table, constraints}) =>
  Object.entries(constraints).flatMap(([name, definition]) => {
    const condition = /^CHECK \((.*)\)$/s.exec(definition)?.[1];
    return condition === undefined ? [] : [checkConstraint(table, name, condition)];
  }),
);

/** Lists and requests find a keystore by what it says of its controllers; the rows that lists are made of say the same. */
const NAMED = `SELECT k.position AS keystore, n.value AS controller FROM keystore k,
  json_array_elements_text(CASE WHEN k.controller IS NOT NULL
    THEN json_build_array(k.controller) ELSE k.controllers::json END) n (value)`;

const HAS_AMCHECK = statement(`SELECT coalesce((SELECT has_function_privilege(p.oid, 'EXECUTE') AND
    has_schema_privilege(p.pronamespace, 'USAGE')
  FROM pg_proc p WHERE p.proname = 'bt_index_check' AND p.pronargs = 2), false) AS usable`);
const FIND_INDEXES = statement(`SELECT format(
    'SELECT %I.bt_index_check(%s::oid::regclass, true)',
    (SELECT nspname FROM pg_namespace n JOIN pg_proc p ON p.pronamespace = n.oid
     WHERE p.proname = 'bt_index_check' AND p.pronargs = 2), i.indexrelid::bigint) AS sql
  FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid JOIN pg_class x ON x.oid = i.indexrelid
  WHERE t.relname = ANY ($1) AND pg_table_is_visible(t.oid) AND i.indisvalid
    AND x.relam = (SELECT oid FROM pg_am WHERE amname = 'btree')`);

/** Where the extension amcheck is there, and may be used: whether indexes are whole, and have every row. */
async function findIndexChecks(tx: Pick<Transaction, 'query'>): Promise<readonly Row[]> {
  const [state = {}] = await tx.query(HAS_AMCHECK);
  return boolean(state, 'usable') ? tx.query(FIND_INDEXES, [ALL_TABLES.map(({name}) => name)]) : [];
}

const checkIndexes: VerificationCheck = async (tx) => {
  for (const row of await findIndexChecks(tx)) await tx.query({name: '', text: text(row, 'sql')});
  return [];
};

export const CHECKS: readonly VerificationCheck[] = [
  checkSchema,
  ...checkReadability,
  checkIndexes,
  ...REFERENCES.map(checkReference),
  ...CONSTRAINT_CHECKS,
  ...verificationRules(NAMED).map(select),
];
