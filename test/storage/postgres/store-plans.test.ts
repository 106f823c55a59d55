import {expect} from 'chai';
import {Client} from 'pg';
import * as keyUses from '../../../lib/storage/postgres/key-use-statements.ts';
import * as keys from '../../../lib/storage/postgres/key-statements.ts';
import * as keyWrites from '../../../lib/storage/postgres/key-write-statements.ts';
import * as keystores from '../../../lib/storage/postgres/keystore-statements.ts';
import * as leases from '../../../lib/storage/postgres/lease-statements.ts';
import * as replays from '../../../lib/storage/postgres/replay-statements.ts';
import * as revocations from '../../../lib/storage/postgres/revocation-statements.ts';
import {setUpSession} from '../../../lib/storage/postgres/set-up-session.ts';
import * as state from '../../../lib/storage/postgres/state-statements.ts';
import type {Statement} from '../../../lib/storage/postgres/statement.ts';
import {PostgresStores} from '../../../lib/storage/postgres/postgres-stores.ts';
import {insertKeystore} from '../records.ts';
import {usePostgresDatabases} from './postgres-databases.ts';

const KEYS = 6000;
const MODULES = {keyUses, keys, keyWrites, keystores, leases, replays, revocations, state};

const isStatement = (value: object | number | string): value is Statement =>
  typeof value === 'object' && 'text' in value;

const STATEMENTS = Object.entries(MODULES)
  .flatMap(([module, exported]) =>
    Object.entries<object | number | string>(exported).flatMap(([name, value]) =>
      isStatement(value) ? [[`${module}.${name}`, value] as const] : [],
    ),
  )
  .filter(([, {text}]) => !text.includes('pg_advisory'));

/** Many keys, of which some are due, and many revocations of several keystores, one after the other; many digests. */
const FILL = [
  `INSERT INTO key_record (keystore, local_id, sequence, type, created_at, updated_at, origin, state, due_at, mac, mac_key_version)
   SELECT k.position, 'key ' || n, 0, 'a', n, n, 'generated', 'enabled', CASE WHEN n % 10 = 0 THEN n END, '\\x01', k.mac_key_version
   FROM keystore k, generate_series(1, ${KEYS / 20}) n ORDER BY k.position`,
  `INSERT INTO key_version (key, version, created_at, state, material)
   SELECT position, 1, 0, 'enabled', '\\x01' FROM key_record`,
  `INSERT INTO key_use SELECT key, 1, 1 FROM key_version`,
  `INSERT INTO revocation (keystore, delegator, capability_id, identity, expires_at, revoker, revoked_at)
   SELECT k.position, 'd', n::text, sha256(convert_to('1:d' || n, 'UTF8')), n, 'd', n
   FROM keystore k, generate_series(1, ${KEYS / 20}) n ORDER BY k.position`,
  `INSERT INTO replay SELECT sha256(n::text::bytea), n FROM generate_series(1, ${KEYS}) n`,
];

describe('PostgreSQL query plans', function () {
  this.timeout(60_000);
  const databases = usePostgresDatabases();
  let url: string;
  let stores: PostgresStores;
  let client: Client;
  let keystoreId: string;

  before(async () => {
    url = await databases.create();
    stores = await PostgresStores.open({url});
    for (let count = 0; count < 20; count++) ({id: keystoreId} = await insertKeystore(stores));
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
    const {rows} = await client.query<{'QUERY PLAN': string}>(
      `EXPLAIN (${options}) EXECUTE explained(${values.join(', ')})`,
    );
    await client.query('DEALLOCATE explained');
    return rows.map((row) => row['QUERY PLAN']).join('\n');
  };

  const expectIndexes = async (): Promise<void> => {
    for (const [name, statement] of STATEMENTS) {
      const count = Math.max(...Array.from(statement.text.matchAll(/\$(\d+)/g), ([, n]) => Number(n)));
      const plan = await explain('COSTS OFF', statement, Array<string>(count).fill('NULL'));
      expect(plan, `${name}: ${plan}`).to.not.match(/Seq Scan|Hash Join|Merge Join/);
    }
  };

  const mostRows = (plan: string): number =>
    Math.max(...Array.from(plan.matchAll(/actual rows=(\d+)/g), ([, count]) => Number(count)));

  const expectBounded = async (): Promise<void> => {
    const {rows} = await client.query<{middle: string}>(
      'SELECT max(position) - 100 AS middle FROM key_record',
    );
    for (const position of ['0', rows[0]!.middle]) {
      const page = [`'${keystoreId}'`, position, '20'];
      for (const [statement, values] of [
        [keys.PAGE, [...page, '1000000']],
        [keys.PAGE_OF_IDS, page],
        [keys.DUE, [String(KEYS), position, 'NULL', 'NULL', '20']],
        [revocations.PAGE, page],
      ] as const) {
        const plan = await explain('ANALYZE, COSTS OFF, TIMING OFF', statement, values);
        expect(mostRows(plan), plan).to.be.lessThanOrEqual(20);
      }
    }
  };

  it('search an index for every statement while there is nothing yet', async () => {
    expect(STATEMENTS).to.have.length.greaterThan(40);
    await expectIndexes();
  });

  it('read no more than they give, at any place of a list, while the server has not counted its rows', async () => {
    for (const sql of FILL) await client.query(sql);
    await expectIndexes();
    await expectBounded();
  });

  it('read no more than they give, at any place of a list, when it has', async () => {
    await databases.server.query('VACUUM ANALYZE', url);
    await expectIndexes();
    await expectBounded();
  });

  it('reads what decides about a request by three places of indexes', async () => {
    const plan = await explain('ANALYZE, COSTS OFF, TIMING OFF', state.READ_WITH_KEY, [
      `'${keystoreId}'`,
      `ARRAY[sha256('1:d7'), sha256('none')]`,
      `'key 7'`,
    ]);
    expect(mostRows(plan), plan).to.equal(1);
    expect(plan)
      .to.match(/keystore_id_key/)
      .and.match(/key_record_local_id_key/)
      .and.match(/key_version_pkey/);
    expect(plan).to.match(/revocation_identity_key/);
  });
});
