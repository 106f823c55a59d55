import Database from 'better-sqlite3';
import {expect} from 'chai';
import {SqliteStores} from '../../../lib/storage/sqlite/sqlite-stores.ts';
import {withTemporaryFile} from './temporary-store.ts';

/** Tables of a handful of rows that are read whole, the schema, and the rows that a statement itself makes. */
const mayScan = (step: string, plan: readonly string[]): boolean =>
  /^SCAN (root_wrapper\b|lease$|maintenance_job$|CONSTANT ROW$|(?:main\.)?sqlite_(?:master|schema)$|\w+ VIRTUAL TABLE\b)/.test(
    step,
  ) || plan.includes(step.replace('SCAN', 'CO-ROUTINE'));

/** A key's versions, within a page of keys; the keys of so many versions, which are read no further than a page needs. */
const SORTS = ['USE TEMP B-TREE FOR LAST TERM OF ORDER BY', 'USE TEMP B-TREE FOR DISTINCT'];

/** What only says how far an operator's command is. */
const COUNTS = [
  'root_key_version',
  'root_key',
  'keystore',
  'key_record',
  'revocation',
  'replay',
  'maintenance_job',
].map((table) => `SELECT count(*) FROM ${table}`);

/** Every statement that opening the stores prepares: they prepare nothing later. */
async function preparedStatements(path: string): Promise<string[]> {
  const prepare = Object.getOwnPropertyDescriptor(Database.prototype, 'prepare')!;
  const statements: string[] = [];
  Object.defineProperty(Database.prototype, 'prepare', {
    ...prepare,
    value(this: Database.Database, sql: string) {
      statements.push(sql);
      return (prepare.value as typeof this.prepare).call(this, sql);
    },
  });
  try {
    await (await SqliteStores.open({path})).close();
  } finally {
    Object.defineProperty(Database.prototype, 'prepare', prepare);
  }
  return statements.filter((sql) => /^\s*(SELECT|INSERT|UPDATE|DELETE)/.test(sql));
}

function planOf(db: Database.Database, sql: string): string[] {
  const names = Array.from(sql.matchAll(/@(\w+)/g), ([, name = '']) => [name, null] as const);
  const parameters =
    names.length > 0 ? [Object.fromEntries(names)] : Array.from(sql.matchAll(/\?/g), () => null);
  return db
    .prepare<unknown[], {detail: string}>(`EXPLAIN QUERY PLAN ${sql}`)
    .all(...parameters)
    .map(({detail}) => detail);
}

describe('SQLite query plans', () => {
  it('search an index for every statement of the stores', () =>
    withTemporaryFile(async (path) => {
      const statements = await preparedStatements(path);
      expect(statements).to.have.length.greaterThan(30);
      const db = new Database(path);
      let searches = 0;
      for (const sql of statements.filter((statement) => !COUNTS.includes(statement))) {
        const plan = planOf(db, sql);
        for (const step of plan) {
          if (step.startsWith('SEARCH')) searches++;
          if (step.includes('TEMP B-TREE')) expect(SORTS, sql).to.include(step);
          if (step.startsWith('SCAN')) expect(mayScan(step, plan), `${step}: ${sql}`).to.equal(true);
        }
      }
      expect(searches).to.be.greaterThan(30);
      expect(planOf(db, 'SELECT * FROM keystore WHERE kms_module = ?')).to.deep.equal(['SCAN keystore']);
      db.close();
    }));
});
