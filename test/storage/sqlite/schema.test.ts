import type Database from 'better-sqlite3';
import {expect} from 'chai';
import {codeOf, withRows} from './schema-rows.ts';

const tablesOf = (db: Database.Database): string[] =>
  db
    .prepare<[], string>(
      `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'`,
    )
    .pluck()
    .all();

const columnsOf = (db: Database.Database, table: string): string[] =>
  db.prepare<[string], string>('SELECT name FROM pragma_table_info(?)').pluck().all(table);

describe('SQLite schema', () => {
  it('has strict tables only', () =>
    withRows((db) => {
      const lax = db
        .prepare(
          `SELECT name FROM pragma_table_list WHERE strict = 0 AND name NOT LIKE 'sqlite!_%' ESCAPE '!'`,
        )
        .all();
      expect(lax).to.deep.equal([]);
      expect(tablesOf(db)).to.have.lengthOf(19);
    }));

  it('has an index that begins with every foreign key, so that deletions search and do not scan', () =>
    withRows((db) => {
      const keys = tablesOf(db).flatMap((table) =>
        db
          .prepare<[string], string>('SELECT "from" FROM pragma_foreign_key_list(?) WHERE seq = 0')
          .pluck()
          .all(table)
          .map((column) => ({table, column})),
      );
      expect(keys).to.have.lengthOf(15);
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
    keystore: [
      ...['sequence', 'controller', 'controllers', 'kms_module', 'meter_id', 'ip_allow_list'],
      ...['mac', 'mac_key_version'],
    ],
    key_record: [
      ...['sequence', 'updated_at', 'state', 'deletion_requested_at', 'destroy_at', 'restores_to'],
      ...['tags', 'policy', 'description', 'due_at'],
      ...['max_capability_chain_length', 'public_alias', 'public_alias_template'],
      ...['mac', 'mac_key_version'],
    ],
    key_version: ['state', 'material', 'data_key_version', 'certificates'],
    key_use: ['uses'],
    maintenance_job: ['progress', 'finished_at', 'failure', 'holder', 'lease_expires_at'],
    revocation: [],
    root_wrapper: ['uri', 'state', 'sealer', 'sealer_key_version'],
    root_key: [],
    root_key_version: [],
    sealed_root_key_version: [],
    data_key: [],
    // Both its root key version and its blob, together: see below.
    data_key_version: [],
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

  it('refuses what is empty, short or contradicts itself', () =>
    withRows((db) => {
      const bad = [
        `UPDATE key_version SET material = x''`,
        `UPDATE key_record SET mac = x''`,
        `UPDATE keystore SET mac = x''`,
        `UPDATE maintenance_job SET failure = 'x'`,
        `UPDATE maintenance_job SET holder = 'x'`,
        `UPDATE maintenance_job SET lease_expires_at = 1`,
        `INSERT INTO replay VALUES (x'${'00'.repeat(31)}', 0)`,
        `INSERT INTO lease VALUES ('', 'a', 0)`,
        `INSERT INTO lease VALUES ('a', '', 0)`,
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
        ...[`UPDATE key_version SET material = x'00'`, `UPDATE key_record SET mac = x'00'`],
        ...[
          `UPDATE keystore SET mac = x'00'`,
          `UPDATE maintenance_job SET holder = 'x', lease_expires_at = 1`,
        ],
        `UPDATE maintenance_job SET failure = 'x', finished_at = 1`,
        `INSERT INTO replay VALUES (x'${'ab'.repeat(32)}', 0)`,
        `INSERT INTO lease VALUES ('a', 'a', 0)`,
        `UPDATE keystore SET controller = NULL, controllers = '["did:key:a"]'`,
      ];
      for (const sql of good) db.exec(sql);
    }));
});
