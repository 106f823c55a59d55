import Database from 'better-sqlite3';
import {expect} from 'chai';
import {SqliteStores} from '../../../lib/storage/sqlite/sqlite-stores.ts';
import {insertFirstKeys, insertRoot, randomBlob, rotate} from '../key-hierarchy-records.ts';
import {makeRootWrapper} from '../records.ts';
import {withTemporaryFile} from './temporary-store.ts';

/**
 * Two scopes (`one`, `two`) with the purposes `a` and `b`, of which every key has two versions; an `active` root wrapper
 * (`rw_active`), one that is being added and has all but scope `two` (`rw_adding`), and one `rw_retiring`.
 */
const withHierarchy = (work: (db: Database.Database) => void): Promise<void> =>
  withTemporaryFile(async (path) => {
    const stores = await SqliteStores.open({path});
    const {keyHierarchy} = stores;
    await insertRoot(stores, {id: 'rw_active'});
    await keyHierarchy.insertRootWrapper(makeRootWrapper({id: 'rw_retiring'}));
    const roots = ['rw_active', 'rw_retiring'];
    const one = await rotate(stores, await insertFirstKeys(stores, roots, {scope: 'one'}), roots);
    await rotate(stores, await insertFirstKeys(stores, roots, {scope: 'two'}), roots);
    await keyHierarchy.insertRootWrapper(makeRootWrapper({id: 'rw_adding', state: 'adding'}));
    await keyHierarchy.insertSealedRootKeys(
      'rw_adding',
      one.rootKeyVersions.map(({id}) => ({rootKeyVersionId: id, blob: randomBlob()})),
    );
    await keyHierarchy.updateRootWrapper('rw_retiring', {from: 'active', to: 'retiring'});
    await stores.close();
    const db = new Database(path);
    db.pragma('foreign_keys = ON');
    try {
      work(db);
    } finally {
      db.close();
    }
  });

const ROOT_KEY = (scope: string): string => `(SELECT position FROM root_key WHERE scope = '${scope}')`;
const DATA_KEY = (scope: string, purpose = 'a'): string =>
  `(SELECT position FROM data_key WHERE root_key = ${ROOT_KEY(scope)} AND purpose = '${purpose}')`;
const ROOT_VERSION = (scope: string, version: number): string =>
  `(SELECT position FROM root_key_version WHERE root_key = ${ROOT_KEY(scope)} AND version = ${version})`;
const DATA_VERSION = (scope: string, version: number, purpose = 'a'): string =>
  `(SELECT position FROM data_key_version WHERE data_key = ${DATA_KEY(scope, purpose)} AND version = ${version})`;
const ROOT = (id: string): string => `(SELECT position FROM root_wrapper WHERE id = '${id}')`;

const insertVersion = (values: string, verb = 'INSERT'): string =>
  `${verb} INTO data_key_version (id, data_key, version, created_at, root_key_version, blob) VALUES (${values})`;
const insertWrapper = (values: string, verb = 'INSERT'): string =>
  `${verb} INTO root_wrapper (id, uri, wrapper_key_id, created_at, state) VALUES (${values})`;
const reseal = (scope: string, version: number, change: string): string =>
  `UPDATE data_key_version SET ${change} WHERE position = ${DATA_VERSION(scope, version)}`;

interface Attempt {
  readonly rule: string;
  readonly refused: readonly string[];
  /** What differs only in that the rule is kept. */
  readonly accepted: readonly string[];
}

const ATTEMPTS: readonly Attempt[] = [
  {
    rule: 'a scope has one root key',
    refused: [
      `INSERT INTO root_key (id, scope) VALUES ('krk_x', 'one')`,
      `INSERT OR REPLACE INTO root_key (id, scope) VALUES ('krk_x', 'one')`,
      `INSERT OR REPLACE INTO root_key (position, id, scope) VALUES (${ROOT_KEY('one')}, 'krk_x', 'three')`,
    ],
    accepted: [`INSERT INTO root_key (id, scope) VALUES ('krk_x', 'three')`],
  },
  {
    rule: 'a root key has one data key of a purpose',
    refused: ['INSERT', 'INSERT OR REPLACE'].map(
      (verb) => `${verb} INTO data_key (id, root_key, purpose) VALUES ('kdk_x', ${ROOT_KEY('one')}, 'a')`,
    ),
    accepted: [`INSERT INTO data_key (id, root_key, purpose) VALUES ('kdk_x', ${ROOT_KEY('one')}, 'c')`],
  },
  {
    rule: 'a version is its key’s highest plus one',
    refused: [1, 2, 4, 0, -1].flatMap((version) =>
      ['INSERT', 'INSERT OR REPLACE', 'INSERT OR IGNORE'].flatMap((verb) => [
        insertVersion(`'v', ${DATA_KEY('one')}, ${version}, 0, ${ROOT_VERSION('one', 2)}, x'01'`, verb),
        `${verb} INTO root_key_version (id, root_key, version, created_at) VALUES ('v', ${ROOT_KEY('one')}, ${version}, 0)`,
      ]),
    ),
    accepted: [
      insertVersion(`'v', ${DATA_KEY('one')}, 3, 0, ${ROOT_VERSION('one', 2)}, x'01'`),
      `INSERT INTO root_key_version (id, root_key, version, created_at) VALUES ('v', ${ROOT_KEY('one')}, 3, 0)`,
    ],
  },
  {
    rule: 'no version replaces another of the same id',
    refused: [
      `INSERT OR REPLACE INTO data_key_version (id, data_key, version, created_at, root_key_version, blob)
       SELECT id, ${DATA_KEY('one', 'b')}, 3, 0, root_key_version, x'01' FROM data_key_version
       WHERE position = ${DATA_VERSION('one', 1)}`,
      `INSERT OR REPLACE INTO root_key_version (position, id, root_key, version, created_at)
       VALUES (${ROOT_VERSION('one', 1)}, 'krkv_x', ${ROOT_KEY('one')}, 3, 0)`,
    ],
    accepted: [],
  },
  {
    rule: 'the newest version of a key stays',
    refused: [
      `DELETE FROM data_key_version WHERE position = ${DATA_VERSION('one', 2)}`,
      `DELETE FROM data_key_version WHERE data_key = ${DATA_KEY('one')}`,
    ],
    accepted: [
      `DELETE FROM data_key_version WHERE position = ${DATA_VERSION('one', 1)}`,
      `DELETE FROM data_key WHERE position = ${DATA_KEY('one')}`,
    ],
  },
  {
    rule: 'the newest version of a root key stays, unused as it may be',
    refused: [
      `DELETE FROM root_key_version WHERE position = ${ROOT_VERSION('three', 1)}`,
      `DELETE FROM root_key_version WHERE root_key = ${ROOT_KEY('three')}`,
    ],
    accepted: [`DELETE FROM root_key WHERE scope = 'three'`],
  },
  {
    rule: 'a root key version stays while a data key version is sealed under it',
    refused: [`DELETE FROM root_key_version WHERE position = ${ROOT_VERSION('one', 1)}`],
    accepted: [
      `UPDATE data_key_version SET blob = x'02', root_key_version = ${ROOT_VERSION('one', 2)}
       WHERE root_key_version = ${ROOT_VERSION('one', 1)};
       DELETE FROM root_key_version WHERE position = ${ROOT_VERSION('one', 1)}`,
    ],
  },
  {
    rule: 'a data key version is sealed by its own scope’s root key, that something opens',
    refused: [
      insertVersion(`'v', ${DATA_KEY('one')}, 3, 0, ${ROOT_VERSION('two', 2)}, x'01'`),
      `UPDATE data_key_version SET blob = x'02', root_key_version = ${ROOT_VERSION('two', 2)}
       WHERE position = ${DATA_VERSION('one', 1)}`,
      `INSERT INTO data_key (id, root_key, purpose) VALUES ('kdk_3', ${ROOT_KEY('three')}, 'a');
       ${insertVersion(`'v', ${DATA_KEY('three')}, 1, 0, ${ROOT_VERSION('three', 1)}, x'01'`)}`,
    ],
    accepted: [
      insertVersion(`'v', ${DATA_KEY('one')}, 3, 0, ${ROOT_VERSION('one', 2)}, x'01'`),
      `INSERT INTO data_key (id, root_key, purpose) VALUES ('kdk_3', ${ROOT_KEY('three')}, 'a');
       INSERT INTO sealed_root_key_version VALUES (${ROOT_VERSION('three', 1)}, ${ROOT('rw_active')}, x'01');
       ${insertVersion(`'v', ${DATA_KEY('three')}, 1, 0, ${ROOT_VERSION('three', 1)}, x'01'`)}`,
    ],
  },
  {
    rule: 'sealed bytes change only with a newer version of the root key',
    refused: [
      reseal('one', 1, `blob = x'02'`),
      reseal('one', 1, `root_key_version = ${ROOT_VERSION('one', 2)}`),
      reseal('one', 2, `blob = x'02', root_key_version = ${ROOT_VERSION('one', 1)}`),
      reseal('one', 1, `blob = x'', root_key_version = ${ROOT_VERSION('one', 2)}`),
      `UPDATE sealed_root_key_version SET blob = x'02'`,
      `INSERT OR REPLACE INTO sealed_root_key_version
       VALUES (${ROOT_VERSION('one', 1)}, ${ROOT('rw_active')}, x'02')`,
    ],
    accepted: [reseal('one', 1, `blob = x'02', root_key_version = ${ROOT_VERSION('one', 2)}`)],
  },
  {
    rule: 'an active root wrapper keeps all that is sealed under it',
    refused: [
      `DELETE FROM sealed_root_key_version WHERE root_wrapper = ${ROOT('rw_active')}`,
      `DELETE FROM sealed_root_key_version`,
      `DELETE FROM root_wrapper WHERE id = 'rw_active'`,
    ],
    accepted: [`DELETE FROM sealed_root_key_version WHERE root_wrapper = ${ROOT('rw_retiring')}`],
  },
  {
    rule: 'a root wrapper stays while root keys are sealed under it',
    refused: [`DELETE FROM root_wrapper WHERE id = 'rw_retiring'`],
    accepted: [
      `DELETE FROM sealed_root_key_version WHERE root_wrapper = ${ROOT('rw_retiring')};
       DELETE FROM root_wrapper WHERE id = 'rw_retiring'`,
    ],
  },
  {
    rule: 'nothing more is sealed under a retiring root wrapper',
    refused: [
      `INSERT INTO sealed_root_key_version VALUES (${ROOT_VERSION('three', 1)}, ${ROOT('rw_retiring')}, x'01')`,
    ],
    accepted: [
      `INSERT INTO sealed_root_key_version VALUES (${ROOT_VERSION('three', 1)}, ${ROOT('rw_adding')}, x'01')`,
    ],
  },
  {
    rule: 'the states of root wrappers follow what is sealed under them',
    refused: [
      `UPDATE root_wrapper SET state = 'active' WHERE id = 'rw_adding'`,
      `UPDATE root_wrapper SET state = 'retiring' WHERE id = 'rw_active'`,
      `UPDATE root_wrapper SET state = 'adding' WHERE id = 'rw_active'`,
      `UPDATE root_wrapper SET state = 'lost' WHERE id = 'rw_adding'`,
      `UPDATE root_wrapper SET state = 'retiring'`,
      insertWrapper(`'rw_x', 'u', 'k', 0, 'active'`),
      insertWrapper(`'rw_x', 'u', 'k', 0, 'retiring'`),
    ],
    accepted: [
      `INSERT INTO sealed_root_key_version VALUES (${ROOT_VERSION('three', 1)}, ${ROOT('rw_active')}, x'01');
       UPDATE root_wrapper SET state = 'retiring' WHERE id = 'rw_adding'`,
      `UPDATE root_wrapper SET state = 'adding' WHERE id = 'rw_retiring'`,
      insertWrapper(`'rw_x', 'u', 'k', 0, 'adding'`),
    ],
  },
  {
    rule: 'root wrappers have ids and keys of their own',
    refused: ['INSERT', 'INSERT OR REPLACE', 'INSERT OR IGNORE'].flatMap((verb) =>
      ["'rw_x', 'u', 'key of y', 0, 'adding'", "'rw_y', 'u', 'key of x', 0, 'adding'"].map(
        (values) =>
          `${insertWrapper("'rw_x', 'u', 'key of x', 0, 'adding'")}; ${insertWrapper(values, verb)}`,
      ),
    ),
    accepted: [
      `${insertWrapper("'rw_x', 'u', 'key of x', 0, 'adding'")};
       ${insertWrapper("'rw_y', 'u', 'key of y', 0, 'adding'")}`,
    ],
  },
  {
    rule: 'a sealer comes with the version that it is sealed under, which stays',
    refused: [
      `UPDATE root_wrapper SET sealer = x'01' WHERE id = 'rw_active'`,
      `UPDATE root_wrapper SET sealer_key_version = ${DATA_VERSION('one', 1)} WHERE id = 'rw_active'`,
      `UPDATE root_wrapper SET sealer = x'', sealer_key_version = ${DATA_VERSION('one', 1)} WHERE id = 'rw_active'`,
      `UPDATE root_wrapper SET sealer = x'01', sealer_key_version = 999 WHERE id = 'rw_active'`,
      ...[
        `DELETE FROM data_key_version WHERE position = ${DATA_VERSION('one', 1)}`,
        `DELETE FROM data_key WHERE position = ${DATA_KEY('one')}`,
        `DELETE FROM root_key WHERE scope = 'one'`,
      ].map(
        (deletion) => `UPDATE root_wrapper SET sealer = x'01', sealer_key_version = ${DATA_VERSION('one', 1)}
          WHERE id = 'rw_active'; ${deletion}`,
      ),
    ],
    accepted: [
      `UPDATE root_wrapper SET sealer = x'01', sealer_key_version = ${DATA_VERSION('one', 1)} WHERE id = 'rw_active';
       DELETE FROM root_key WHERE scope = 'two';
       UPDATE root_wrapper SET sealer = NULL, sealer_key_version = NULL;
       DELETE FROM root_key WHERE scope = 'one'`,
    ],
  },
  {
    rule: 'the state of the hierarchy stays, and only grows',
    refused: [
      'DELETE FROM hierarchy_state',
      'INSERT INTO hierarchy_state VALUES (2, 1, 0)',
      'INSERT OR REPLACE INTO hierarchy_state VALUES (1, 1, 0)',
      'UPDATE hierarchy_state SET collection_version = collection_version - 1',
      'UPDATE hierarchy_state SET schema_version = schema_version - 1',
      'UPDATE hierarchy_state SET id = 2',
    ],
    accepted: ['UPDATE hierarchy_state SET collection_version = collection_version + 1'],
  },
];

/** A root key, not sealed under anything yet, for what needs one. */
const SCOPE_THREE = `INSERT INTO root_key (id, scope) VALUES ('krk_3', 'three');
  INSERT INTO root_key_version (id, root_key, version, created_at) VALUES ('krkv_3', ${ROOT_KEY('three')}, 1, 0);`;

const collectionVersion = (db: Database.Database): number =>
  Number(db.prepare('SELECT collection_version FROM hierarchy_state').pluck().get());

describe('SQLite key hierarchy, written to by whoever', () => {
  for (const {rule, refused, accepted} of ATTEMPTS) {
    it(`sees to it that ${rule}`, () =>
      withHierarchy((db) => {
        /** @returns by how much the collection version has grown. */
        const attempt = (sql: string): number => {
          const before = collectionVersion(db);
          db.exec('BEGIN');
          try {
            if (!sql.includes('INTO root_key (')) db.exec(SCOPE_THREE);
            const prepared = collectionVersion(db);
            db.exec(sql);
            return collectionVersion(db) - prepared;
          } finally {
            db.exec('ROLLBACK');
            expect(collectionVersion(db)).to.equal(before);
          }
        };
        for (const sql of refused) {
          expect(() => attempt(sql), sql)
            .to.throw(Database.SqliteError)
            .with.property('code')
            .that.matches(/^SQLITE_CONSTRAINT/);
        }
        for (const sql of accepted) expect(attempt(sql), sql).to.be.greaterThan(0);
      }));
  }
});
