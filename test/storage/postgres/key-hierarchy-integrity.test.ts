import {expect} from 'chai';
import {Client, DatabaseError} from 'pg';
import {PostgresStores} from '../../../lib/storage/postgres/postgres-stores.ts';
import {usePostgres} from '../../support/postgres-server.ts';
import {insertFirstKeys, insertRoot, randomBlob, rotate} from '../key-hierarchy-records.ts';
import {makeRootWrapper} from '../records.ts';

/**
 * Three scopes: `one` and `two` with the purposes `a` and `b`, of which every key has two versions, and `three`, whose root
 * key is not sealed under anything yet; an `active` root wrapper (`rw_active`), one that is being added and has all but
 * scope `two` (`rw_adding`), and one `rw_retiring`.
 */
async function insertHierarchy(url: string): Promise<void> {
  const stores = await PostgresStores.open({url});
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
}

const ROOT_KEY = (scope: string): string => `(SELECT position FROM root_key WHERE scope = '${scope}')`;
const DATA_KEY = (scope: string, purpose = 'a'): string =>
  `(SELECT position FROM data_key WHERE root_key = ${ROOT_KEY(scope)} AND purpose = '${purpose}')`;
const ROOT_VERSION = (scope: string, version: number): string =>
  `(SELECT position FROM root_key_version WHERE root_key = ${ROOT_KEY(scope)} AND version = ${version})`;
const DATA_VERSION = (scope: string, version: number, purpose = 'a'): string =>
  `(SELECT position FROM data_key_version WHERE data_key = ${DATA_KEY(scope, purpose)} AND version = ${version})`;
const ROOT = (id: string): string => `(SELECT position FROM root_wrapper WHERE id = '${id}')`;

const SCOPE_THREE = `INSERT INTO root_key (id, scope) VALUES ('krk_3', 'three');
  INSERT INTO root_key_version (id, root_key, version, created_at) VALUES ('krkv_3', ${ROOT_KEY('three')}, 1, 0);`;

const insertVersion = (values: string): string =>
  `INSERT INTO data_key_version (id, data_key, version, created_at, root_key_version, blob) VALUES (${values})`;
const insertRootVersion = (values: string): string =>
  `INSERT INTO root_key_version (id, root_key, version, created_at) VALUES (${values})`;
const insertWrapper = (values: string): string =>
  `INSERT INTO root_wrapper (id, uri, wrapper_key_id, created_at, state) VALUES (${values})`;
const reseal = (scope: string, version: number, change: string): string =>
  `UPDATE data_key_version SET ${change} WHERE position = ${DATA_VERSION(scope, version)}`;
const setSealer = `UPDATE root_wrapper SET sealer = '\\x01', sealer_key_version = ${DATA_VERSION('one', 1)}
  WHERE id = 'rw_active'`;

const TABLES = [
  'hierarchy_state',
  'root_wrapper',
  'root_key',
  'root_key_version',
  'sealed_root_key_version',
  'data_key',
  'data_key_version',
];

interface Attempt {
  readonly rule: string;
  readonly refused: readonly string[];
  /** What differs only in that the rule is kept. */
  readonly accepted: readonly string[];
}

const KEYS: readonly Attempt[] = [
  {
    rule: 'a scope has one root key',
    refused: [
      `INSERT INTO root_key (id, scope) VALUES ('krk_x', 'one')`,
      `INSERT INTO root_key (id, scope) VALUES ('krk_x', 'one') ON CONFLICT (scope) DO UPDATE SET id = 'krk_x'`,
      `UPDATE root_key SET scope = 'four' WHERE scope = 'one'`,
    ],
    accepted: [`INSERT INTO root_key (id, scope) VALUES ('krk_x', 'four')`],
  },
  {
    rule: 'a root key has one data key of a purpose',
    refused: [
      `INSERT INTO data_key (id, root_key, purpose) VALUES ('kdk_x', ${ROOT_KEY('one')}, 'a')`,
      `UPDATE data_key SET purpose = 'c' WHERE position = ${DATA_KEY('one')}`,
      `UPDATE data_key SET root_key = ${ROOT_KEY('three')} WHERE position = ${DATA_KEY('one')}`,
    ],
    accepted: [`INSERT INTO data_key (id, root_key, purpose) VALUES ('kdk_x', ${ROOT_KEY('one')}, 'c')`],
  },
  {
    rule: 'a version is its key’s highest plus one',
    refused: [1, 2, 4, 0, -1].flatMap((version) => [
      insertVersion(`'v', ${DATA_KEY('one')}, ${version}, 0, ${ROOT_VERSION('one', 2)}, '\\x01'`),
      insertRootVersion(`'v', ${ROOT_KEY('one')}, ${version}, 0`),
      `${insertRootVersion(`'v', ${ROOT_KEY('one')}, ${version}, 0`)} ON CONFLICT DO NOTHING`,
    ]),
    accepted: [
      insertVersion(`'v', ${DATA_KEY('one')}, 3, 0, ${ROOT_VERSION('one', 2)}, '\\x01'`),
      insertRootVersion(`'v', ${ROOT_KEY('one')}, 3, 0`),
      `INSERT INTO root_key_version (id, root_key, version, created_at)
       SELECT 'v' || n, ${ROOT_KEY('one')}, n, 0 FROM generate_series(3, 5) n`,
    ],
  },
  {
    rule: 'no version takes another’s place',
    refused: [
      `${insertVersion(
        `(SELECT id FROM data_key_version WHERE position = ${DATA_VERSION('one', 1)}),
        ${DATA_KEY('one', 'b')}, 3, 0, ${ROOT_VERSION('one', 2)}, '\\x01'`,
      )} ON CONFLICT (id) DO UPDATE SET data_key = excluded.data_key, version = 3`,
      `UPDATE root_key_version SET version = 3 WHERE position = ${ROOT_VERSION('one', 2)}`,
      `UPDATE data_key_version SET version = 3 WHERE position = ${DATA_VERSION('one', 2)}`,
      `UPDATE data_key_version SET id = 'kdkv_x' WHERE position = ${DATA_VERSION('one', 2)}`,
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
      `DELETE FROM root_key WHERE scope = 'one'`,
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
      `UPDATE data_key_version SET blob = '\\x02', root_key_version = ${ROOT_VERSION('one', 2)}
       WHERE root_key_version = ${ROOT_VERSION('one', 1)};
       DELETE FROM root_key_version WHERE position = ${ROOT_VERSION('one', 1)}`,
    ],
  },
  {
    rule: 'a data key version is sealed by its own scope’s root key, that something opens',
    refused: [
      insertVersion(`'v', ${DATA_KEY('one')}, 3, 0, ${ROOT_VERSION('two', 2)}, '\\x01'`),
      `UPDATE data_key_version SET blob = '\\x02', root_key_version = ${ROOT_VERSION('two', 2)}
       WHERE position = ${DATA_VERSION('one', 1)}`,
      `INSERT INTO data_key (id, root_key, purpose) VALUES ('kdk_3', ${ROOT_KEY('three')}, 'a');
       ${insertVersion(`'v', ${DATA_KEY('three')}, 1, 0, ${ROOT_VERSION('three', 1)}, '\\x01'`)}`,
    ],
    accepted: [
      insertVersion(`'v', ${DATA_KEY('one')}, 3, 0, ${ROOT_VERSION('one', 2)}, '\\x01'`),
      `INSERT INTO data_key (id, root_key, purpose) VALUES ('kdk_3', ${ROOT_KEY('three')}, 'a');
       INSERT INTO sealed_root_key_version VALUES (${ROOT_VERSION('three', 1)}, ${ROOT('rw_active')}, '\\x01');
       ${insertVersion(`'v', ${DATA_KEY('three')}, 1, 0, ${ROOT_VERSION('three', 1)}, '\\x01'`)}`,
    ],
  },
  {
    rule: 'sealed bytes change only with a newer version of the root key',
    refused: [
      reseal('one', 1, `blob = '\\x02'`),
      reseal('one', 1, `root_key_version = ${ROOT_VERSION('one', 2)}`),
      reseal('one', 2, `blob = '\\x02', root_key_version = ${ROOT_VERSION('one', 1)}`),
      reseal('one', 1, `blob = '', root_key_version = ${ROOT_VERSION('one', 2)}`),
      `UPDATE sealed_root_key_version SET blob = '\\x02'`,
      `INSERT INTO sealed_root_key_version VALUES (${ROOT_VERSION('one', 1)}, ${ROOT('rw_active')}, '\\x02')
       ON CONFLICT (root_key_version, root_wrapper) DO UPDATE SET blob = excluded.blob`,
    ],
    accepted: [reseal('one', 1, `blob = '\\x02', root_key_version = ${ROOT_VERSION('one', 2)}`)],
  },
];

const ROOTS: readonly Attempt[] = [
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
      `INSERT INTO sealed_root_key_version VALUES (${ROOT_VERSION('three', 1)}, ${ROOT('rw_retiring')}, '\\x01')`,
    ],
    accepted: [
      `INSERT INTO sealed_root_key_version VALUES (${ROOT_VERSION('three', 1)}, ${ROOT('rw_adding')}, '\\x01')`,
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
      `UPDATE root_wrapper SET created_at = 1 WHERE id = 'rw_adding'`,
    ],
    accepted: [
      `INSERT INTO sealed_root_key_version VALUES (${ROOT_VERSION('three', 1)}, ${ROOT('rw_active')}, '\\x01');
       UPDATE root_wrapper SET state = 'retiring' WHERE id = 'rw_adding'`,
      `UPDATE root_wrapper SET state = 'adding' WHERE id = 'rw_retiring'`,
      insertWrapper(`'rw_x', 'u', 'k', 0, 'adding'`),
    ],
  },
  {
    rule: 'root wrappers have ids and keys of their own',
    refused: ["'rw_x', 'u', 'key of y', 0, 'adding'", "'rw_y', 'u', 'key of x', 0, 'adding'"].map(
      (values) => `${insertWrapper("'rw_x', 'u', 'key of x', 0, 'adding'")}; ${insertWrapper(values)}`,
    ),
    accepted: [
      `${insertWrapper("'rw_x', 'u', 'key of x', 0, 'adding'")};
       ${insertWrapper("'rw_y', 'u', 'key of y', 0, 'adding'")}`,
    ],
  },
  {
    rule: 'a sealer comes with the version that it is sealed under, which stays',
    refused: [
      `UPDATE root_wrapper SET sealer = '\\x01' WHERE id = 'rw_active'`,
      `UPDATE root_wrapper SET sealer_key_version = ${DATA_VERSION('one', 1)} WHERE id = 'rw_active'`,
      `UPDATE root_wrapper SET sealer = '', sealer_key_version = ${DATA_VERSION('one', 1)} WHERE id = 'rw_active'`,
      `UPDATE root_wrapper SET sealer = '\\x01', sealer_key_version = 999 WHERE id = 'rw_active'`,
      ...[
        `DELETE FROM data_key_version WHERE position = ${DATA_VERSION('one', 1)}`,
        `DELETE FROM data_key WHERE position = ${DATA_KEY('one')}`,
        `DELETE FROM root_key WHERE scope = 'one'`,
      ].map((deletion) => `${setSealer}; ${deletion}`),
    ],
    accepted: [
      `${setSealer};
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
      'INSERT INTO hierarchy_state VALUES (1, 1, 0) ON CONFLICT (id) DO UPDATE SET collection_version = 0',
      'UPDATE hierarchy_state SET collection_version = collection_version - 1',
      'UPDATE hierarchy_state SET schema_version = schema_version - 1',
      'UPDATE hierarchy_state SET id = 2',
    ],
    accepted: ['UPDATE hierarchy_state SET collection_version = collection_version + 1'],
  },
  {
    rule: 'no table is truncated',
    refused: [
      ...TABLES.map((table) => `TRUNCATE ${table} CASCADE`),
      `SELECT 1; TRUNCATE ${TABLES.join(', ')}, keystore, keystore_controller, key_record, key_version, key_use, revocation`,
    ],
    accepted: [],
  },
];

describe('PostgreSQL key hierarchy, written to by whoever', () => {
  const server = usePostgres();
  let url: string;
  let client: Client;

  before(async () => {
    url = await server.createDatabase();
    await insertHierarchy(url);
    client = new Client(url);
    await client.connect();
    await client.query(SCOPE_THREE);
  });

  after(async () => {
    await client.end();
    await server.dropDatabase(url);
  });

  const collectionVersion = async (): Promise<number> => {
    const {rows} = await client.query<{version: string}>(
      'SELECT collection_version AS version FROM hierarchy_state',
    );
    return Number(rows[0]?.version);
  };

  /** @returns by how much the collection version has grown when it would be committed. */
  async function attempt(sql: string): Promise<number> {
    const before = await collectionVersion();
    await client.query('BEGIN');
    try {
      await client.query(sql);
      await client.query('SET CONSTRAINTS ALL IMMEDIATE');
      return (await collectionVersion()) - before;
    } finally {
      await client.query('ROLLBACK');
      expect(await collectionVersion()).to.equal(before);
    }
  }

  const refusalOf = (sql: string): Promise<unknown> =>
    attempt(sql).then(
      () => 'it was let through',
      (error: unknown) => error,
    );

  for (const {rule, refused, accepted} of [...KEYS, ...ROOTS]) {
    it(`sees to it that ${rule}`, async () => {
      for (const sql of refused) {
        const refusal = await refusalOf(sql);
        expect(refusal, sql).to.be.instanceOf(DatabaseError);
        expect((refusal as DatabaseError).code, String(refusal)).to.match(/^(?:23|P0001$|428C9$)/);
      }
      // However many rows a transaction changes, it is one change.
      for (const sql of accepted) expect(await attempt(sql), sql).to.equal(1);
    });
  }

  it('means the tables beside it, whatever the path of the session', async () => {
    await client.query(`CREATE SCHEMA elsewhere; CREATE TABLE elsewhere.root_wrapper (position bigint, state text);
      CREATE TABLE elsewhere.hierarchy_state (id integer, collection_version bigint)`);
    await client.query('SET search_path = elsewhere');
    try {
      const retirement = refusalOfQualified(
        `UPDATE public.root_wrapper SET state = 'retiring' WHERE id = 'rw_active'`,
      );
      expect(await retirement).to.include('No other root wrapper is active');
    } finally {
      await client.query('RESET search_path; DROP SCHEMA elsewhere CASCADE');
    }
  });

  const refusalOfQualified = (sql: string): Promise<string> =>
    client.query(sql).then(
      () => 'it was let through',
      (error: unknown) => String(error),
    );
});
