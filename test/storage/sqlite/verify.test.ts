import {open} from 'node:fs/promises';
import {monitorEventLoopDelay} from 'node:perf_hooks';
import Database from 'better-sqlite3';
import {expect} from 'chai';
import {UnavailableError} from '../../../lib/errors.ts';
import {SqliteStores} from '../../../lib/storage/sqlite/sqlite-stores.ts';
import {ALICE, BOB} from '../records.ts';
import {expectRefusal} from '../store-suite.ts';
import {insertRows, type Rows} from './schema-rows.ts';
import {withTemporaryFile} from './temporary-store.ts';

async function verify(path: string): Promise<readonly string[]> {
  const stores = await SqliteStores.open({path});
  try {
    return await stores.verify();
  } finally {
    await stores.close();
  }
}

/** Changes rows as who has the file can, and leaves its rules as they were. */
function tamper(path: string, sql: string): void {
  const db = new Database(path);
  db.pragma('foreign_keys = OFF');
  db.pragma('ignore_check_constraints = ON');
  const triggers = db
    .prepare<[], {name: string; sql: string}>(`SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'`)
    .all();
  for (const {name} of triggers) db.exec(`DROP TRIGGER ${name}`);
  db.exec(sql);
  for (const trigger of triggers) db.exec(trigger.sql);
  db.close();
}

const PART_OF = {
  keystore: (id: string) => `(SELECT position FROM keystore WHERE id = '${id}')`,
  key: (id: string) => `(SELECT position FROM key_record WHERE keystore = ${PART_OF.keystore(id)})`,
  rootKey: (scope: string) => `(SELECT position FROM root_key WHERE scope = '${scope}')`,
};

interface Tampering {
  readonly what: string;
  readonly sql: (rows: Rows) => string;
  /** What is found, among other things. */
  readonly finding: (rows: Rows) => RegExp;
}

const swap = (table: string, column: string, at: string, other: string, key: string): string =>
  `UPDATE ${table} SET ${column} = (SELECT ${column} FROM ${table} WHERE ${key} = ${other}) WHERE ${key} = ${at}`;

const TAMPERINGS: readonly Tampering[] = [
  {
    what: 'a keystore with another’s key',
    sql: ({keystoreId: a, otherKeystoreId: b}) =>
      swap('keystore', 'mac_key_version', `'${a}'`, `'${b}'`, 'id'),
    finding: ({keystoreId}) =>
      RegExp(`^Keystore ${keystoreId} is authenticated with a key of another scope\\.$`),
  },
  {
    what: 'a key moved to another keystore',
    sql: ({keystoreId: a, otherKeystoreId: b}) =>
      `UPDATE key_record SET keystore = ${PART_OF.keystore(b)} WHERE keystore = ${PART_OF.keystore(a)}`,
    finding: ({otherKeystoreId: b}) =>
      RegExp(`^Key .* of keystore ${b} is authenticated with a key of another scope`),
  },
  {
    what: 'material with another keystore’s key',
    sql: ({keystoreId: a, otherKeystoreId: b}) =>
      swap('key_version', 'data_key_version', PART_OF.key(a), PART_OF.key(b), 'key'),
    finding: ({keystoreId}) =>
      RegExp(`^Key .* of keystore ${keystoreId} is sealed with a key of another scope`),
  },
  {
    what: 'a data key with another scope’s root key',
    sql: ({scope, keystoreId}) =>
      `UPDATE data_key_version SET root_key_version =
         (SELECT min(position) FROM root_key_version WHERE root_key = ${PART_OF.rootKey(keystoreId)})
       WHERE data_key IN (SELECT position FROM data_key WHERE root_key = ${PART_OF.rootKey(scope)})`,
    finding: () => /^Data key version kdkv_\w+ is sealed with a root key of another scope\.$/,
  },
  {
    what: 'a keystore that is not listed for its controller',
    sql: ({keystoreId}) => `DELETE FROM keystore_controller WHERE keystore = ${PART_OF.keystore(keystoreId)}`,
    finding: ({keystoreId}) =>
      RegExp(`^Keystore ${keystoreId} is not listed for its controller ${ALICE}\\.$`),
  },
  {
    what: 'a keystore that is listed for another',
    sql: ({keystoreId}) =>
      `INSERT INTO keystore_controller VALUES ('${BOB}', 0, ${PART_OF.keystore(keystoreId)})`,
    finding: ({keystoreId}) => RegExp(`^Keystore ${keystoreId} is listed for ${BOB}, who is not`),
  },
  {
    what: 'a list of controllers that is none',
    sql: ({keystoreId}) =>
      `UPDATE keystore SET controller = NULL, controllers = '[' WHERE id = '${keystoreId}'`,
    finding: ({keystoreId}) => RegExp(`^Keystore ${keystoreId} is listed for ${ALICE}, who is not`),
  },
  {
    what: 'a keystore that its creator does not count for its own',
    sql: () => 'UPDATE keystore_controller SET named_by_others = 1',
    finding: ({keystoreId}) => RegExp(`^Keystore ${keystoreId} is listed for its creator as if only others`),
  },
  {
    what: 'a key without versions',
    sql: () => 'DELETE FROM key_version',
    finding: ({keystoreId}) => RegExp(`^Key .* of keystore ${keystoreId} has no version\\.$`),
  },
  {
    what: 'a key that lacks a version',
    sql: () => 'UPDATE key_version SET version = 2',
    finding: ({keystoreId}) => RegExp(`^Key .* of keystore ${keystoreId} lacks a version\\.$`),
  },
  {
    what: 'a deleted key with material',
    sql: () =>
      `UPDATE key_record SET state = 'deleted', deletion_requested_at = 1, destroy_at = 2, restores_to = 'enabled'`,
    finding: ({keystoreId}) => RegExp(`^Key .* of keystore ${keystoreId} is deleted, and has material\\.$`),
  },
  {
    what: 'a version that is not destroyed and has no material',
    sql: () => 'UPDATE key_version SET material = NULL',
    finding: () => /^The database file is not sound: CHECK constraint failed in key_version\.$/,
  },
  {
    what: 'a policy that is no JSON',
    sql: () => `UPDATE key_record SET policy = '{'`,
    finding: () => /^The database cannot be read: malformed JSON\.$/,
  },
  {
    what: 'uses of a version that is not there',
    sql: () => 'UPDATE key_use SET version = 9',
    finding: () => /^A row of key_use refers to a row of key_version that is not there\.$/,
  },
  {
    what: 'a root key without versions',
    sql: () => 'DELETE FROM root_key_version',
    finding: ({scope}) => RegExp(`^Scope ${scope} has no version of its root key\\.$`),
  },
  {
    what: 'a root key that nothing opens',
    sql: () => 'DELETE FROM sealed_root_key_version',
    finding: () => /^Root key version krkv_\w+ is sealed under no root wrapper\.$/,
  },
  {
    what: 'a data key without versions',
    sql: () => 'DELETE FROM data_key_version',
    finding: () => /^Data key kdk_[\w-]+ has no version\.$/,
  },
  {
    what: 'a reference to nothing',
    sql: ({keystoreId}) => `DELETE FROM keystore WHERE id = '${keystoreId}'`,
    finding: () => /^Row \d+ of key_record refers to a row of keystore that is not there\.$/,
  },
  {
    what: 'an empty MAC',
    sql: () => `UPDATE key_record SET mac = x''`,
    finding: () => /^The database file is not sound: CHECK constraint failed in key_record\.$/,
  },
  {
    what: 'an index that is gone',
    sql: () => 'DROP INDEX key_record_keystore',
    finding: () => /^The index key_record_keystore is missing, or not as it was made\.$/,
  },
];

describe('Verification of an SQLite database', () => {
  it('finds nothing where all is well', () =>
    withTemporaryFile(async (path) => {
      await insertRows(path);
      tamper(path, '');
      expect(await verify(path)).to.deep.equal([]);
    }));

  for (const {what, sql, finding} of TAMPERINGS) {
    it(`finds ${what}`, () =>
      withTemporaryFile(async (path) => {
        const rows = await insertRows(path);
        tamper(path, sql(rows));
        const expected = finding(rows);
        const found = await verify(path);
        expect(
          found.filter((sentence) => expected.test(sentence)),
          found.join('\n'),
        ).to.not.be.empty;
      }));
  }

  it('finds a trigger that is gone, is another, or was added', () =>
    withTemporaryFile(async (path) => {
      await insertRows(path);
      const db = new Database(path);
      const made = db
        .prepare<[], string>(`SELECT sql FROM sqlite_schema WHERE name = 'key_record_identity'`)
        .pluck()
        .get();
      db.exec('DROP TRIGGER key_record_identity');
      const finding = 'The trigger key_record_identity is missing, or not as it was made.';
      expect(await verify(path)).to.deep.equal([finding]);
      db.exec('CREATE TRIGGER key_record_identity BEFORE UPDATE ON key_record BEGIN SELECT 1; END');
      expect(await verify(path)).to.deep.equal([finding]);
      db.exec(`DROP TRIGGER key_record_identity; ${made}`);
      expect(await verify(path)).to.deep.equal([]);
      db.exec('CREATE TRIGGER mine AFTER INSERT ON key_record BEGIN DELETE FROM replay; END');
      expect(await verify(path)).to.deep.equal(['The trigger mine of key_record is not one that was made.']);
      db.exec('DROP TRIGGER mine; CREATE TABLE mine (id INTEGER); CREATE INDEX mine_id ON mine (id)');
      expect(await verify(path)).to.deep.equal([]);
      db.close();
    }));

  it('finds a damaged page', () =>
    withTemporaryFile(async (path) => {
      await insertRows(path);
      const db = new Database(path);
      const root = db
        .prepare<[], number>(`SELECT rootpage FROM sqlite_schema WHERE name = 'revocation'`)
        .pluck()
        .get();
      const pageSize = Number(db.pragma('page_size', {simple: true}));
      db.close();
      const file = await open(path, 'r+');
      await file.write(Buffer.alloc(pageSize, 0xa5), 0, pageSize, (Number(root) - 1) * pageSize);
      await file.close();
      expect(await verify(path)).to.include('The database cannot be read: database disk image is malformed.');
    }));

  it('reads as of one moment, and lets others write meanwhile', () =>
    withTemporaryFile(async (path) => {
      await insertRows(path);
      const db = new Database(path);
      db.exec(
        `INSERT INTO replay WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
         SELECT randomblob(32), i FROM n`,
      );
      db.close();
      const stores = await SqliteStores.open({path, busyTimeoutMs: 0});
      const delay = monitorEventLoopDelay({resolution: 1});
      delay.enable();
      let writes = 0;
      const timer = setInterval(() => void stores.ping().then(() => writes++), 2);
      expect(await stores.verify()).to.deep.equal([]);
      clearInterval(timer);
      delay.disable();
      expect(writes).to.be.greaterThan(3);
      await stores.close();
    }));

  it('ends with the store', () =>
    withTemporaryFile(async (path) => {
      await insertRows(path);
      const stores = await SqliteStores.open({path});
      const verification = expectRefusal(stores.verify(), UnavailableError);
      await stores.close();
      await verification;
      await expectRefusal(stores.verify(), UnavailableError);
    }));
});
