import Database from 'better-sqlite3';
import {expect} from 'chai';
import {SqliteStores} from '../../../lib/storage/sqlite/sqlite-stores.ts';
import {insertKey, insertKeystore, makeRevocation, makeRootWrapper, makeScope} from '../records.ts';
import {withTemporaryFile} from './temporary-store.ts';

/** Runs `work` on a database that has rows in every table. */
const withRows = (work: (db: Database.Database) => void): Promise<void> =>
  withTemporaryFile(async (path) => {
    const stores = await SqliteStores.open({path});
    const wrapper = makeRootWrapper();
    await stores.keyHierarchy.insertFirstRootWrapper(wrapper);
    for (let count = 0; count < 2; count++) {
      const {id} = await insertKeystore(stores);
      await insertKey(stores, id);
      await stores.revocations.insert(makeRevocation(id), {});
      await stores.replays.remember(Buffer.alloc(32, count), {expiresAt: 0});
      await stores.keyHierarchy.insertScope(makeScope(wrapper.id, id));
    }
    await stores.close();
    const db = new Database(path);
    db.pragma('foreign_keys = ON');
    try {
      work(db);
    } finally {
      db.close();
    }
  });

const tablesOf = (db: Database.Database): string[] =>
  db
    .prepare<[], string>(
      `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'`,
    )
    .pluck()
    .all();

const columnsOf = (db: Database.Database, table: string): string[] =>
  db.prepare<[string], string>('SELECT name FROM pragma_table_info(?)').pluck().all(table);

function codeOf(attempt: () => unknown): string {
  try {
    attempt();
  } catch (error) {
    if (error instanceof Database.SqliteError) return error.code;
    throw error;
  }
  return 'it was let through';
}

describe('SQLite schema', () => {
  it('has strict tables only', () =>
    withRows((db) => {
      const lax = db
        .prepare(
          `SELECT name FROM pragma_table_list WHERE strict = 0 AND name NOT LIKE 'sqlite!_%' ESCAPE '!'`,
        )
        .all();
      expect(lax).to.deep.equal([]);
      expect(tablesOf(db)).to.have.lengthOf(14);
    }));

  it('has an index that begins with every foreign key, so that deletions search and do not scan', () =>
    withRows((db) => {
      const keys = tablesOf(db).flatMap((table) =>
        db
          .prepare<[string], string>('SELECT "from" FROM pragma_foreign_key_list(?)')
          .pluck()
          .all(table)
          .map((column) => ({table, column})),
      );
      expect(keys).to.have.lengthOf(10);
      for (const {table, column} of keys) {
        const leading = db
          .prepare<[string], string>(
            `SELECT c.name FROM pragma_index_list(?) i, pragma_index_info(i.name) c WHERE c.seqno = 0`,
          )
          .pluck()
          .all(table);
        expect(leading, `${table}.${column}`).to.include(column);
      }
    }));

  /** The columns that an update may change; all others are refused. */
  const mutable: Readonly<Record<string, readonly string[]>> = {
    keystore: ['sequence', 'controller', 'controllers', 'kms_module', 'meter_id', 'ip_allow_list'],
    key_record: ['sequence', 'max_capability_chain_length', 'public_alias', 'public_alias_template'],
    key_version: ['material'],
    revocation: [],
    root_wrapper: ['uri'],
    root_key: [],
    root_key_version: [],
    sealed_root_key_version: ['blob'],
    data_key: [],
    data_key_version: ['root_key_version', 'blob'],
  };
  for (const [table, allowed] of Object.entries(mutable)) {
    it(`lets updates of ${table} change ${allowed.join(', ') || 'nothing'}`, () =>
      withRows((db) => {
        const columns = columnsOf(db, table);
        expect(columns).to.include.members([...allowed]);
        for (const column of columns) {
          const type = db.prepare(`SELECT typeof(${column}) FROM ${table} LIMIT 1`).pluck().get();
          const changed =
            type === 'integer'
              ? `${column} + 1000000`
              : type === 'null'
                ? "'x'"
                : `CAST(${column} || 'x' AS ${String(type)})`;
          const code = codeOf(() => db.exec(`UPDATE ${table} SET ${column} = ${changed}`));
          const immutable = `${table}.${column} is immutable`;
          if (!allowed.includes(column)) expect(code, immutable).to.equal('SQLITE_CONSTRAINT_TRIGGER');
          else expect(code, `${table}.${column} may change`).to.not.equal('SQLITE_CONSTRAINT_TRIGGER');
        }
      }));
  }

  it('lets a data key version be sealed again, but never under another scope’s root key', () =>
    withRows((db) => {
      const [own, foreign] = ['=', '<>'].map((operator) =>
        db
          .prepare<[], number>(
            `SELECT position FROM root_key_version
             WHERE root_key ${operator} (SELECT min(position) FROM root_key) ORDER BY version DESC LIMIT 1`,
          )
          .pluck()
          .get(),
      );
      const reseal = db.prepare(
        `UPDATE data_key_version SET root_key_version = ?, blob = x'01'
         WHERE data_key = (SELECT min(position) FROM data_key)`,
      );
      const insert = db.prepare(
        `INSERT INTO data_key_version (id, data_key, version, created_at, root_key_version, blob)
         SELECT 'kdkv_new', min(position), 9, 0, ?, x'01' FROM data_key`,
      );
      for (const statement of [reseal, insert]) {
        expect(codeOf(() => statement.run(foreign))).to.equal('SQLITE_CONSTRAINT_TRIGGER');
        expect(statement.run(own).changes).to.be.greaterThan(0);
      }
    }));

  const restricted: readonly [string, string][] = [
    ['a keystore that holds keys', 'DELETE FROM keystore'],
    ['a root wrapper that seals', 'DELETE FROM root_wrapper'],
    ['a root key version that seals', 'DELETE FROM root_key_version'],
  ];
  for (const [what, sql] of restricted) {
    it(`refuses to delete ${what}`, () =>
      withRows((db) => {
        expect(codeOf(() => db.exec(sql))).to.match(/^SQLITE_CONSTRAINT_(FOREIGNKEY|TRIGGER)$/);
        db.exec('DELETE FROM key_record; DELETE FROM data_key; DELETE FROM sealed_root_key_version');
        db.exec(sql);
      }));
  }

  it('refuses empty sealed blobs and short digests', () =>
    withRows((db) => {
      const bad = [
        `UPDATE key_version SET material = x''`,
        `UPDATE sealed_root_key_version SET blob = x''`,
        `UPDATE data_key_version SET blob = x''`,
        `INSERT INTO replay VALUES (x'${'00'.repeat(31)}', 0)`,
        `UPDATE keystore SET controller = NULL`,
        `UPDATE keystore SET controllers = '["did:key:a"]'`,
        `UPDATE keystore SET controller = NULL, controllers = '{}'`,
      ];
      for (const sql of bad)
        expect(
          codeOf(() => db.exec(sql)),
          sql,
        ).to.equal('SQLITE_CONSTRAINT_CHECK');
      const good = [
        ...[`UPDATE key_version SET material = x'00'`, `UPDATE data_key_version SET blob = x'00'`],
        `INSERT INTO replay VALUES (x'${'ab'.repeat(32)}', 0)`,
        `UPDATE keystore SET controller = NULL, controllers = '["did:key:a"]'`,
      ];
      for (const sql of good) db.exec(sql);
    }));
});
