import {expect} from 'chai';
import {Client} from 'pg';
import {JOB_SQL} from '../../../lib/storage/postgres/job-statements.ts';
import {PostgresStores} from '../../../lib/storage/postgres/postgres-stores.ts';
import {ROOT_WRAPPER_SQL} from '../../../lib/storage/postgres/root-wrapper-statements.ts';
import {SCOPE_SQL} from '../../../lib/storage/postgres/scope-statements.ts';
import {setUpSession} from '../../../lib/storage/postgres/set-up-session.ts';
import type {Statement} from '../../../lib/storage/postgres/statement.ts';
import {insertRoot} from '../key-hierarchy-records.ts';
import {makeRootWrapper} from '../records.ts';
import {usePostgresDatabases} from './postgres-databases.ts';

const SCOPES = 3000;

/** A key with one version, and one data key, in each scope. */
const FILL = [
  `INSERT INTO root_key (id, scope) SELECT 'krk_' || n, 'scope ' || n FROM generate_series(1, ${SCOPES}) n`,
  `INSERT INTO root_key_version (id, root_key, version, created_at)
   SELECT 'krkv_' || position, position, 1, 0 FROM root_key`,
  `INSERT INTO sealed_root_key_version
   SELECT v.position, (SELECT position FROM root_wrapper WHERE state = 'active'), '\\x01' FROM root_key_version v`,
  `INSERT INTO data_key (id, root_key, purpose) SELECT 'kdk_' || position, position, 'a' FROM root_key`,
  `INSERT INTO data_key_version (id, data_key, version, created_at, root_key_version, blob)
   SELECT 'kdkv_' || d.position, d.position, 1, 0, v.position, '\\x01' FROM data_key d JOIN root_key_version v USING (root_key)`,
];

const STATEMENTS: readonly (readonly [name: string, statement: Statement])[] = Object.entries({
  ...ROOT_WRAPPER_SQL,
  ...SCOPE_SQL,
  ...JOB_SQL,
}).filter(([, {text}]) => /^(?:SELECT|INSERT|UPDATE|DELETE) (?!pg_advisory)/.test(text));

describe('PostgreSQL key hierarchy with many scopes', function () {
  this.timeout(60_000);
  const databases = usePostgresDatabases();
  let url: string;
  let stores: PostgresStores;
  let client: Client;

  before(async () => {
    url = await databases.create();
    stores = await PostgresStores.open({url});
    await insertRoot(stores, {id: 'rw_active'});
    client = new Client(url);
    await client.connect();
    await setUpSession(client, 60_000);
  });

  after(async () => {
    await Promise.all([stores.close(), client.end()]);
    await databases.drop(url);
  });

  const explain = async (options: string, {text}: Statement, values: readonly string[]): Promise<string> => {
    await client.query(`PREPARE explained AS ${text}`);
    const given = values.length > 0 ? `(${values.join(', ')})` : '';
    const {rows} = await client.query<{'QUERY PLAN': string}>(`EXPLAIN ${options} EXECUTE explained${given}`);
    await client.query('DEALLOCATE explained');
    return rows.map((row) => row['QUERY PLAN']).join('\n');
  };

  const planOf = (statement: Statement): Promise<string> => {
    const count = Math.max(0, ...Array.from(statement.text.matchAll(/\$(\d+)/g), ([, n]) => Number(n)));
    return explain('(COSTS OFF)', statement, Array<string>(count).fill('NULL'));
  };

  const expectIndexes = async (): Promise<void> => {
    expect(STATEMENTS.length).to.be.greaterThan(30);
    for (const [name, statement] of STATEMENTS) {
      expect(await planOf(statement), name).to.not.match(/Seq Scan|Hash|Merge/);
    }
  };

  it('searches an index for every statement while there is nothing yet', expectIndexes);

  it('searches an index for every statement when there is much, and reads no more than it gives', async () => {
    for (const sql of FILL) await client.query(sql);
    await databases.server.query('VACUUM ANALYZE', url);
    await expectIndexes();
    await stores.keyHierarchy.insertRootWrapper(makeRootWrapper({id: 'rw_adding', state: 'adding'}));
    const {rows} = await client.query<{position: string}>(
      `SELECT position FROM root_wrapper WHERE id = 'rw_adding'`,
    );
    const plan = await explain('(ANALYZE, COSTS OFF, TIMING OFF)', ROOT_WRAPPER_SQL.listLacking, [
      rows[0]!.position,
      '0',
      '20',
    ]);
    const visited = Array.from(plan.matchAll(/actual rows=(\d+)/g), ([, count]) => Number(count));
    expect(Math.max(...visited), plan).to.equal(20);
  });

  it('begins where it has ended when it looks for what a root wrapper lacks', async () => {
    const lacking = (): Promise<readonly string[]> =>
      stores.keyHierarchy.listScopesLacking('rw_adding', {limit: 700});
    let sealed = 0;
    for (let scopes = await lacking(); scopes.length > 0; scopes = await lacking()) {
      const records = await Promise.all(scopes.map((scope) => stores.keyHierarchy.findScope(scope)));
      const ids = records.flatMap((record) => record!.rootKeyVersions.map(({id}) => id));
      await stores.keyHierarchy.insertSealedRootKeys(
        'rw_adding',
        ids.map((rootKeyVersionId) => ({rootKeyVersionId, blob: Buffer.from('sealed')})),
      );
      sealed += scopes.length;
    }
    expect(sealed).to.equal(SCOPES);
    expect(await stores.keyHierarchy.countSealed('rw_adding')).to.deep.equal({sealed: SCOPES, total: SCOPES});
    expect(await stores.keyHierarchy.updateRootWrapper('rw_adding', {from: 'adding', to: 'active'})).to.equal(
      true,
    );
  });
});
