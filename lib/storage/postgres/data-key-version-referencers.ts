import type {DataKeyVersionReferencer} from '../key-hierarchy-store.ts';
import {boolean, text} from './row.ts';
import {statement} from './statement.ts';
import type {Transaction} from './transaction.ts';

/** A foreign key to data_key_version, of whatever table. */
export interface Referencer extends DataKeyVersionReferencer {
  /** Whether an index finds the rows that name a version. */
  readonly isIndexed: boolean;
  /** Whether any of its rows names the version `d`: a condition, with names that the server has quoted. */
  readonly condition: string;
}

/**
 * Restricts: at once, or when the transaction commits, and by triggers that fire. Indexed: by a whole index that begins
 * with its columns, or one of those rows that name any.
 */
const LIST = statement(`
SELECT c.conrelid::regclass::text || '.' || (SELECT string_agg(attname, ',' ORDER BY n)
    FROM unnest(c.conkey) WITH ORDINALITY AS own (attnum, n) JOIN pg_attribute USING (attnum)
    WHERE attrelid = c.conrelid) AS name,
  c.confdeltype IN ('a', 'r') AND c.convalidated AND NOT EXISTS (
    SELECT 1 FROM pg_trigger WHERE tgconstraint = c.oid AND tgenabled NOT IN ('O', 'A')) AS restricts,
  EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = c.conrelid AND i.indisvalid AND i.indisready
    AND i.indkey[0:cardinality(c.conkey) - 1]::int2[] @> c.conkey
    AND (i.indpred IS NULL OR pg_get_expr(i.indpred, i.indrelid)
      = format('(%I IS NOT NULL)', (SELECT attname FROM pg_attribute WHERE attrelid = c.conrelid AND attnum = c.conkey[1]))
    )) AS indexed,
  format('(SELECT 1 FROM %s t WHERE %s LIMIT 1) IS NOT NULL', c.conrelid::regclass,
    (SELECT string_agg(format('t.%I = d.%I', own.attname, named.attname), ' AND ')
      FROM unnest(c.conkey, c.confkey) AS pair (own, named)
        JOIN pg_attribute own ON own.attrelid = c.conrelid AND own.attnum = pair.own
        JOIN pg_attribute named ON named.attrelid = c.confrelid AND named.attnum = pair.named)) AS condition
FROM pg_constraint c
WHERE c.contype = 'f' AND c.conparentid = 0 AND c.confrelid = 'data_key_version'::regclass`);

/** What names data key versions, as the schema is when it is asked: an application makes and drops tables of its own. */
export async function listReferencers(tx: Pick<Transaction, 'query'>): Promise<readonly Referencer[]> {
  const referencers = (await tx.query(LIST)).map((row) => ({
    name: text(row, 'name'),
    restricts: boolean(row, 'restricts'),
    isIndexed: boolean(row, 'indexed'),
    condition: text(row, 'condition'),
  }));
  return referencers.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** Which of these data key versions any row names. */
export async function listReferenced(
  tx: Pick<Transaction, 'query'>,
  dataKeyVersionIds: readonly string[],
): Promise<readonly string[]> {
  const conditions = (await listReferencers(tx)).map(({condition}) => condition);
  if (conditions.length === 0 || dataKeyVersionIds.length === 0) return [];
  const find = statement(
    `SELECT d.id FROM data_key_version d WHERE d.id = ANY ($1::text[]) AND (${conditions.join(' OR ')})`,
  );
  const ids = [...new Set(dataKeyVersionIds)];
  const named = new Set((await tx.query(find, [ids])).map((row) => text(row, 'id')));
  return ids.filter((id) => named.has(id));
}
