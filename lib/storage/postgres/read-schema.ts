import {boolean, text} from './row.ts';
import {plainSql, type SchemaObject} from './schema-objects.ts';
import {statement} from './statement.ts';
import type {Transaction} from './transaction.ts';

/**
 * Tables of these names as statements find them, with what belongs to them. `foreign_keys`: whether the triggers of foreign
 * keys fire. Types and constraints are told of as the server does; what is internal, and what PostgreSQL 18 lists of NOT
 * NULL, is left out.
 */
const READ = statement(`
WITH t AS (SELECT c.* FROM pg_class c WHERE c.relname = ANY ($1::text[]) AND pg_table_is_visible(c.oid))
SELECT 'table ' || relname AS name, relname AS "table", false AS is_sql,
  concat_ws(' ', relkind, relpersistence, relrowsecurity::text,
    EXISTS (SELECT 1 FROM pg_rewrite WHERE ev_class = t.oid)::text) AS definition
FROM t
UNION ALL SELECT 'column ' || relname || '.' || attname, relname, false,
  concat_ws(' ', format_type(atttypid, atttypmod), (SELECT collname FROM pg_collation l WHERE l.oid = attcollation),
    CASE WHEN attnotnull THEN 'not null' ELSE 'null' END, CASE WHEN attidentity = 'a' THEN 'identity' END,
    (SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = attrelid AND adnum = attnum))
FROM t JOIN pg_attribute ON attrelid = t.oid WHERE attnum > 0 AND NOT attisdropped
UNION ALL SELECT 'constraint ' || conname, relname, true,
  concat_ws(' ', pg_get_constraintdef(n.oid), CASE WHEN NOT convalidated THEN 'not valid' END)
FROM t JOIN pg_constraint n ON conrelid = t.oid WHERE contype IN ('c', 'f', 'p', 'u', 'x')
UNION ALL SELECT 'index ' || i.relname, t.relname, true,
  concat_ws(' ', regexp_replace(pg_get_indexdef(i.oid), ' ON .* USING ', ' ON ' || t.relname || ' USING '),
    CASE WHEN NOT (indisvalid AND indisready) THEN 'not valid' END)
FROM t JOIN pg_index ON indrelid = t.oid JOIN pg_class i ON i.oid = indexrelid
WHERE NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = i.oid AND conrelid = t.oid)
UNION ALL SELECT 'trigger ' || tgname, relname, false,
  concat_ws(' ', tgtype, CASE WHEN tgdeferrable AND tginitdeferred THEN 'deferred' ELSE 'immediate' END, tgenabled,
    proname, prosrc, CASE WHEN tgqual IS NOT NULL OR tgnargs > 0 OR tgattr::text <> '' THEN 'restricted' END,
    CASE WHEN proconfig IS NULL THEN 'without its search path' END)
FROM t JOIN pg_trigger g ON tgrelid = t.oid JOIN pg_proc p ON p.oid = tgfoid WHERE NOT tgisinternal`);

const READ_ENFORCEMENT = statement(`
SELECT current_setting('session_replication_role') <> 'replica' AND NOT EXISTS (
  SELECT 1 FROM pg_trigger g JOIN pg_class c ON c.oid = tgrelid
  WHERE c.relname = ANY ($1::text[]) AND pg_table_is_visible(c.oid) AND tgisinternal AND tgenabled <> 'O') AS enforced`);

export async function readSchemaObjects(
  tx: Pick<Transaction, 'query'>,
  tables: readonly string[],
): Promise<readonly SchemaObject[]> {
  return (await tx.query(READ, [tables])).map((row) => {
    const definition = text(row, 'definition');
    return {
      name: text(row, 'name'),
      table: text(row, 'table'),
      definition: boolean(row, 'is_sql') ? plainSql(definition) : definition,
    };
  });
}

/** Whether foreign keys and rules are looked at when these tables are written to. */
export async function isEnforced(
  tx: Pick<Transaction, 'query'>,
  tables: readonly string[],
): Promise<boolean> {
  const [row = {}] = await tx.query(READ_ENFORCEMENT, [tables]);
  return boolean(row, 'enforced');
}
