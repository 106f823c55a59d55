import Database from 'better-sqlite3';
import {expect} from 'chai';
import {InvalidSchemaError} from '../../../lib/storage/key-errors.ts';
import {hierarchyObjects} from '../../../lib/storage/sqlite/key-hierarchy-schema.ts';
import {SqliteStores} from '../../../lib/storage/sqlite/sqlite-stores.ts';
import {insertFirstKeys, insertRoot, rotate} from '../key-hierarchy-records.ts';
import {withTemporaryFile} from './temporary-store.ts';

/** Runs `work` with a store, and another connection that changes the schema under it. */
const withSchema = (work: (stores: SqliteStores, db: Database.Database) => Promise<void>): Promise<void> =>
  withTemporaryFile(async (path) => {
    const stores = await SqliteStores.open({path});
    const db = new Database(path);
    try {
      await work(stores, db);
    } finally {
      db.close();
      await stores.close();
    }
  });

/** What `validateSchema` finds wrong. */
async function problemsOf({keyHierarchy}: SqliteStores): Promise<string> {
  try {
    await keyHierarchy.validateSchema();
    return 'none';
  } catch (error) {
    expect(error).to.be.instanceOf(InvalidSchemaError);
    return (error as InvalidSchemaError).message;
  }
}

describe('SQLite key hierarchy’s schema', () => {
  it('is refused for each index or trigger that is missing, which is named', () =>
    withSchema(async (stores, db) => {
      const objects = hierarchyObjects();
      expect(objects.filter(({type}) => type === 'trigger')).to.have.lengthOf.above(30);
      for (const {type, name, sql} of objects) {
        if (type === 'table') continue;
        db.exec(`DROP ${type} ${name}`);
        expect(await problemsOf(stores)).to.include(`the ${type} ${name} is missing`);
        db.exec(sql);
        expect(await problemsOf(stores)).to.equal('none');
      }
    }));

  for (const {name} of hierarchyObjects().filter(({type}) => type === 'table')) {
    it(`is refused where the table ${name} is another, or missing`, () =>
      withSchema(async (stores, db) => {
        expect(await problemsOf(stores)).to.equal('none');
        db.exec(`ALTER TABLE ${name} ADD COLUMN extra TEXT`);
        expect(await problemsOf(stores)).to.include(`the table ${name} is another`);
        db.exec(`ALTER TABLE ${name} RENAME TO away`);
        expect(await problemsOf(stores)).to.include(`the table ${name} is missing`);
      }));
  }

  it('is refused for what is not its own', () =>
    withSchema(async (stores, db) => {
      const strange = [
        ['trigger', 'stranger', 'CREATE TRIGGER stranger AFTER INSERT ON data_key BEGIN SELECT 1; END'],
        ['index', 'stranger', 'CREATE UNIQUE INDEX stranger ON data_key_version (created_at)'],
      ] as const;
      for (const [type, name, sql] of strange) {
        db.exec(sql);
        expect(await problemsOf(stores)).to.include(`${type} ${name}, which is not the hierarchy's`);
        db.exec(`DROP ${type} ${name}`);
        expect(await problemsOf(stores)).to.equal('none');
      }
      db.exec('CREATE TABLE own (id INTEGER); CREATE INDEX own_id ON own (id)');
      expect(await problemsOf(stores)).to.equal('none');
    }));

  it('is refused where it is of a newer release', () =>
    withSchema(async (stores, db) => {
      db.exec('UPDATE hierarchy_state SET schema_version = 2');
      expect(await problemsOf(stores)).to.include('has version 2, not 1');
    }));

  const references: readonly {
    readonly what: string;
    readonly columns: string;
    readonly index: string;
    readonly problem: string;
  }[] = [
    {
      what: 'restricts',
      columns: 'v INTEGER REFERENCES data_key_version (position) ON DELETE RESTRICT',
      index: '(v)',
      problem: 'none',
    },
    {
      what: 'restricts by id',
      columns: 'v TEXT REFERENCES Data_Key_Version (id) ON DELETE RESTRICT',
      index: '(v)',
      problem: 'none',
    },
    {
      what: 'restricts by the primary key',
      columns: 'v INTEGER REFERENCES data_key_version',
      index: '(v)',
      problem: 'none',
    },
    {
      what: 'is NULL in most rows',
      columns: 'v TEXT REFERENCES data_key_version (id)',
      index: '(v) WHERE v IS NOT NULL',
      problem: 'none',
    },
    {
      what: 'restricts at the commit',
      columns: 'v TEXT REFERENCES data_key_version (id) DEFERRABLE INITIALLY DEFERRED',
      index: '(v)',
      problem: 'none',
    },
    {
      what: 'cascades',
      columns: 'v TEXT REFERENCES data_key_version (id) ON DELETE CASCADE',
      index: '(v)',
      problem: 'own.v does not restrict',
    },
    {
      what: 'forgets',
      columns: 'v TEXT REFERENCES data_key_version (id) ON DELETE SET NULL',
      index: '(v)',
      problem: 'own.v does not restrict',
    },
    {
      what: 'has no index',
      columns: 'v TEXT REFERENCES data_key_version (id)',
      index: '(other)',
      problem: 'own.v has no index',
    },
    {
      what: 'comes second in its index',
      columns: 'v TEXT REFERENCES data_key_version (id)',
      index: '(other, v)',
      problem: 'own.v has no index',
    },
    {
      what: 'is in an index of some rows',
      columns: 'v TEXT REFERENCES data_key_version (id)',
      index: '(v) WHERE other > 1',
      problem: 'own.v has no index',
    },
    {
      what: 'names a column that is not there',
      columns: 'v TEXT REFERENCES data_key_version (ident)',
      index: '(v)',
      problem: 'own.v refers to a column that is not there',
    },
  ];
  for (const {what, columns, index, problem} of references) {
    it(`${problem === 'none' ? 'takes' : 'refuses'} a reference that ${what}`, () =>
      withSchema(async (stores, db) => {
        db.exec(`CREATE TABLE own (other INTEGER, ${columns}); CREATE INDEX own_v ON own ${index}`);
        expect(await problemsOf(stores)).to.include(problem);
        const referencers = await stores.keyHierarchy.listDataKeyVersionReferencers();
        const restricts = !problem.includes('does not restrict');
        expect(referencers).to.deep.include({name: 'own.v', restricts});
        db.exec('DROP TABLE own');
        expect(await problemsOf(stores)).to.equal('none');
      }));
  }

  it('lists every table that refers to data key versions', () =>
    withSchema(async (stores) => {
      const referencers = await stores.keyHierarchy.listDataKeyVersionReferencers();
      expect(referencers.map(({name}) => name)).to.deep.equal([
        'key_record.mac_key_version',
        'key_version.data_key_version',
        'keystore.mac_key_version',
        'root_wrapper.sealer_key_version',
      ]);
      expect(referencers.every(({restricts}) => restricts)).to.equal(true);
    }));

  it('lets the references of odd names count', () =>
    withSchema(async (stores, db) => {
      const {id} = await insertRoot(stores);
      const record = await rotate(stores, await insertFirstKeys(stores, [id]), [id]);
      const [a, b] = record.dataKeys.map(({versions}) => versions[0]!);
      db.exec(`CREATE TABLE "own ""table" ("the 'version'" TEXT REFERENCES data_key_version (id));
        CREATE INDEX "own index" ON "own ""table" ("the 'version'");
        CREATE TABLE pair (key INTEGER, version INTEGER,
          FOREIGN KEY (key, version) REFERENCES data_key_version (data_key, version));
        CREATE INDEX pair_key ON pair (key, version)`);
      expect(await problemsOf(stores)).to.equal('none');
      expect(await stores.keyHierarchy.listReferenced([a!.id, b!.id])).to.deep.equal([]);
      db.prepare(`INSERT INTO "own ""table" VALUES (?)`).run(a!.id);
      expect(await stores.keyHierarchy.listReferenced([a!.id, b!.id])).to.deep.equal([a!.id]);
      db.prepare('INSERT INTO pair SELECT data_key, version FROM data_key_version WHERE id = ?').run(b!.id);
      expect(await stores.keyHierarchy.listReferenced([a!.id, b!.id])).to.deep.equal([a!.id, b!.id]);
    }));
});
