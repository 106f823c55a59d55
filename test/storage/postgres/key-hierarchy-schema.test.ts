import {expect} from 'chai';
import {Client} from 'pg';
import {InvalidSchemaError} from '../../../lib/storage/key-errors.ts';
import {KEY_HIERARCHY_RULES} from '../../../lib/storage/postgres/migrations/0001-key-hierarchy-rules.ts';
import {KEY_HIERARCHY_TABLES} from '../../../lib/storage/postgres/migrations/0001-key-hierarchy.ts';
import {indexSql} from '../../../lib/storage/postgres/migrations/table.ts';
import {triggerSql} from '../../../lib/storage/postgres/migrations/trigger.ts';
import {PostgresStores} from '../../../lib/storage/postgres/postgres-stores.ts';
import type {Stores} from '../../../lib/storage/stores.ts';
import {insertFirstKeys, insertRoot, rotate} from '../key-hierarchy-records.ts';
import {usePostgresDatabases} from './postgres-databases.ts';

/** What `validateSchema` finds wrong. */
async function problemsOf({keyHierarchy}: Stores): Promise<string> {
  try {
    await keyHierarchy.validateSchema();
    return 'none';
  } catch (error) {
    expect(error).to.be.instanceOf(InvalidSchemaError);
    return (error as InvalidSchemaError).message;
  }
}

interface Change {
  readonly what: string;
  readonly sql: string;
  readonly undo: string;
  readonly problem: string;
}

const CONSTRAINTS = KEY_HIERARCHY_TABLES.flatMap(({name: table, constraints}) =>
  Object.entries(constraints).map(([name, definition]) => ({table, name, definition})),
);

/** Constraints that nothing else depends on. */
const LOOSE = CONSTRAINTS.filter(({definition}) => /^(?:CHECK|FOREIGN)/.test(definition));

const REMOVALS: readonly Change[] = [
  ...LOOSE.map(({table, name, definition}) => ({
    what: `the constraint ${name}`,
    sql: `ALTER TABLE ${table} DROP CONSTRAINT ${name}`,
    undo: `ALTER TABLE ${table} ADD CONSTRAINT ${name} ${definition}`,
    problem: `the constraint ${name} is missing`,
  })),
  ...KEY_HIERARCHY_RULES.map((trigger) => ({
    what: `the trigger ${trigger.name}`,
    sql: `DROP TRIGGER ${trigger.name} ON ${trigger.table}`,
    undo: triggerSql(trigger),
    problem: `the trigger ${trigger.name} is missing`,
  })),
  ...KEY_HIERARCHY_TABLES.flatMap(({name: table, indexes = {}}) =>
    Object.entries(indexes).map(([name, index]) => ({
      what: `the index ${name}`,
      sql: `DROP INDEX ${name}`,
      undo: indexSql(table, name, index),
      problem: `the index ${name} is missing`,
    })),
  ),
];

const body = (name: string): string =>
  KEY_HIERARCHY_RULES.find((trigger) => trigger.name === name)!.function.body;
const setBody = (text: string): string =>
  `CREATE OR REPLACE FUNCTION root_wrapper_active() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT
   AS $rule$${text}$rule$`;

const OTHERS: readonly Change[] = [
  {
    what: 'a trigger that is disabled',
    sql: 'ALTER TABLE root_wrapper DISABLE TRIGGER root_wrapper_state',
    undo: 'ALTER TABLE root_wrapper ENABLE TRIGGER root_wrapper_state',
    problem: 'the trigger root_wrapper_state is another',
  },
  {
    what: 'a trigger whose function does something else',
    sql: setBody('BEGIN RETURN OLD; END'),
    undo: setBody(body('root_wrapper_active')),
    problem: 'the trigger root_wrapper_active is another',
  },
  {
    what: 'a function that may mean other tables',
    sql: 'ALTER FUNCTION root_wrapper_active() RESET ALL',
    undo: setBody(body('root_wrapper_active')),
    problem: 'the trigger root_wrapper_active is another',
  },
  {
    what: 'a check that says less',
    sql: `ALTER TABLE root_key DROP CONSTRAINT root_key_scope, ADD CONSTRAINT root_key_scope CHECK (scope <> 'x')`,
    undo: `ALTER TABLE root_key DROP CONSTRAINT root_key_scope, ADD CONSTRAINT root_key_scope CHECK (scope <> '')`,
    problem: 'the constraint root_key_scope is another',
  },
  {
    what: 'a reference that does not restrict',
    sql: `ALTER TABLE root_wrapper DROP CONSTRAINT root_wrapper_sealer_key_version_fkey,
      ADD CONSTRAINT root_wrapper_sealer_key_version_fkey
        FOREIGN KEY (sealer_key_version) REFERENCES data_key_version (position) ON DELETE SET NULL`,
    undo: `ALTER TABLE root_wrapper DROP CONSTRAINT root_wrapper_sealer_key_version_fkey,
      ADD CONSTRAINT root_wrapper_sealer_key_version_fkey
        FOREIGN KEY (sealer_key_version) REFERENCES data_key_version (position) ON DELETE RESTRICT`,
    problem: 'the constraint root_wrapper_sealer_key_version_fkey is another',
  },
  {
    what: 'a column that takes NULL',
    sql: 'ALTER TABLE data_key_version ALTER created_at DROP NOT NULL',
    undo: 'ALTER TABLE data_key_version ALTER created_at SET NOT NULL',
    problem: 'the column data_key_version.created_at is another',
  },
  {
    what: 'a text that is compared by a locale',
    sql: 'ALTER TABLE data_key ALTER purpose TYPE text COLLATE "default"',
    undo: 'ALTER TABLE data_key ALTER purpose TYPE text COLLATE "C"',
    problem: 'the column data_key.purpose is another',
  },
  {
    what: 'rows that not everybody sees',
    sql: 'ALTER TABLE root_key ENABLE ROW LEVEL SECURITY',
    undo: 'ALTER TABLE root_key DISABLE ROW LEVEL SECURITY',
    problem: 'the table root_key is another',
  },
  {
    what: 'a rule that rewrites statements',
    sql: 'CREATE RULE stranger AS ON DELETE TO root_key DO INSTEAD NOTHING',
    undo: 'DROP RULE stranger ON root_key',
    problem: 'the table root_key is another',
  },
  {
    what: 'a column that is not its own',
    sql: 'ALTER TABLE root_key ADD extra text',
    undo: 'ALTER TABLE root_key DROP extra',
    problem: "root_key has the column root_key.extra, which is not this release's",
  },
  {
    what: 'a trigger that is not its own',
    sql: 'CREATE TRIGGER stranger BEFORE UPDATE ON data_key FOR EACH ROW EXECUTE FUNCTION data_key_immutable()',
    undo: 'DROP TRIGGER stranger ON data_key',
    problem: "data_key has the trigger stranger, which is not this release's",
  },
  {
    what: 'an index that is not its own',
    sql: 'CREATE UNIQUE INDEX stranger ON data_key_version (created_at)',
    undo: 'DROP INDEX stranger',
    problem: "data_key_version has the index stranger, which is not this release's",
  },
  ...KEY_HIERARCHY_TABLES.map(({name}) => ({
    what: `the table ${name} elsewhere`,
    sql: `ALTER TABLE ${name} RENAME TO away`,
    undo: `ALTER TABLE away RENAME TO ${name}`,
    problem: `the table ${name} is missing`,
  })),
];

interface Reference {
  readonly what: string;
  readonly columns: string;
  readonly index: string;
  readonly problem: string;
}

const REFERENCES: readonly Reference[] = [
  {
    what: 'restricts',
    columns: 'v bigint REFERENCES data_key_version (position) ON DELETE RESTRICT',
    index: '(v)',
    problem: 'none',
  },
  {
    what: 'restricts by id',
    columns: 'v text REFERENCES data_key_version (id) ON DELETE RESTRICT',
    index: '(v)',
    problem: 'none',
  },
  {
    what: 'restricts by the primary key',
    columns: 'v bigint REFERENCES data_key_version',
    index: '(v, n)',
    problem: 'none',
  },
  {
    what: 'is NULL in most rows',
    columns: '"V v" text REFERENCES data_key_version (id)',
    index: '("V v") WHERE "V v" IS NOT NULL',
    problem: 'none',
  },
  {
    what: 'restricts at the commit',
    columns: 'v text REFERENCES data_key_version (id) DEFERRABLE INITIALLY DEFERRED',
    index: '(v)',
    problem: 'none',
  },
  {
    what: 'is of several columns',
    columns: 'k bigint, v bigint, FOREIGN KEY (k, v) REFERENCES data_key_version (data_key, version)',
    index: '(v, k)',
    problem: 'none',
  },
  {
    what: 'cascades',
    columns: 'v text REFERENCES data_key_version (id) ON DELETE CASCADE',
    index: '(v)',
    problem: 'own.v does not restrict',
  },
  {
    what: 'is set to NULL',
    columns: 'v bigint REFERENCES data_key_version ON DELETE SET NULL',
    index: '(v)',
    problem: 'own.v does not restrict',
  },
  {
    what: 'has an index of something else',
    columns: 'v bigint REFERENCES data_key_version',
    index: '(n, v)',
    problem: 'own.v has no index of its own',
  },
  {
    what: 'has an index of some rows',
    columns: 'v bigint REFERENCES data_key_version',
    index: '(v) WHERE v > 5',
    problem: 'own.v has no index of its own',
  },
];

describe('PostgreSQL key hierarchy’s schema', () => {
  const databases = usePostgresDatabases();
  let url: string;
  let stores: PostgresStores;
  let client: Client;

  before(async () => {
    url = await databases.create();
    stores = await PostgresStores.open({url});
    client = new Client(url);
    await client.connect();
  });

  after(async () => {
    await Promise.all([stores.close(), client.end()]);
    await databases.drop(url);
  });

  async function expectRefused({sql, undo, problem}: Change): Promise<void> {
    expect(await problemsOf(stores), 'before').to.equal('none');
    await client.query(sql);
    expect(await problemsOf(stores)).to.include(problem);
    await client.query(undo);
    expect(await problemsOf(stores), 'after').to.equal('none');
  }

  it('is refused for each constraint, index or trigger that is missing, which is named', async () => {
    expect(REMOVALS).to.have.lengthOf.above(60);
    for (const change of REMOVALS) await expectRefused(change);
  });

  for (const change of OTHERS) it(`is refused for ${change.what}`, () => expectRefused(change));

  it('is refused where foreign keys are not looked at', async () => {
    const setAll = (how: string): Promise<unknown> =>
      databases.server.query(`ALTER TABLE data_key_version ${how} TRIGGER ALL`, url);
    await setAll('DISABLE');
    expect(await problemsOf(stores)).to.include('triggers of its tables are disabled');
    await setAll('ENABLE');
    expect(await problemsOf(stores)).to.equal('none');
  });

  it('is refused where sessions fire no triggers', async () => {
    const name = new URL(url).pathname.slice(1);
    await databases.server.query(`ALTER DATABASE ${name} SET session_replication_role = replica`);
    const late = await PostgresStores.open({url});
    expect(await problemsOf(late)).to.include('triggers of its tables are disabled');
    await late.close();
    await databases.server.query(`ALTER DATABASE ${name} RESET session_replication_role`);
  });

  for (const {what, columns, index, problem} of REFERENCES) {
    it(`${problem === 'none' ? 'takes' : 'refuses'} a reference that ${what}`, async () => {
      await client.query(`CREATE TABLE own (n bigint, ${columns}); CREATE INDEX own_index ON own ${index}`);
      try {
        expect(await problemsOf(stores)).to.include(problem);
        const names = (await stores.keyHierarchy.listDataKeyVersionReferencers()).map(({name}) => name);
        expect(names.filter((name) => name.startsWith('own.'))).to.have.lengthOf(1);
      } finally {
        await client.query('DROP TABLE own');
      }
    });
  }

  it('says which versions an application’s own tables name, and keeps them', async () => {
    const {id} = await insertRoot(stores);
    const {dataKeys} = await rotate(stores, await insertFirstKeys(stores, [id]), [id]);
    const [a, b] = dataKeys.map(({versions}) => versions[0]!.id);
    await client.query(`CREATE TABLE own ("V v" text REFERENCES data_key_version (id) DEFERRABLE INITIALLY DEFERRED);
      CREATE INDEX own_index ON own ("V v")`);
    expect(await stores.keyHierarchy.listReferenced([a!, b!])).to.deep.equal([]);
    await client.query('INSERT INTO own VALUES ($1)', [a]);
    expect(await stores.keyHierarchy.listReferenced([a!, b!])).to.deep.equal([a]);
    const refusal = await stores.keyHierarchy.deleteDataKeyVersion(a!).catch((error: unknown) => error);
    expect(refusal).to.have.property('name', 'KeyInUseError');
    expect(await stores.keyHierarchy.deleteDataKeyVersion(b!)).to.equal(true);
    await client.query('DROP TABLE own');
    expect(await stores.keyHierarchy.deleteDataKeyVersion(a!)).to.equal(true);
  });

  // The last: it cannot be undone.
  it('is refused where it is of a newer release', async () => {
    await client.query('UPDATE hierarchy_state SET schema_version = 2');
    expect(await problemsOf(stores)).to.include('has version 2, not 1');
  });
});
